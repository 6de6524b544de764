namespace GitOps.Platform.Serial;

/// <summary>A serial port that cannot be opened or used; the message says which and why.</summary>
public sealed class SerialPortException(string message) : IOException(message);
