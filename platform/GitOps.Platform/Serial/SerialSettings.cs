namespace GitOps.Platform.Serial;

/// <summary>How bits stand on a serial line. A character has eight data bits.</summary>
/// <param name="Baud">Bits a second; any rate the hardware can do.</param>
/// <param name="StopBits">1 or 2.</param>
public sealed record SerialSettings(int Baud, SerialParity Parity, int StopBits);

public enum SerialParity
{
    None,
    Even,
    Odd,
}
