namespace GitOps.Agent.Devices.Modbus;

/// <summary>How long things take on a serial line: MODBUS over Serial Line V1.02 §2.5.1.1.</summary>
public static class RtuTiming
{
    /// <summary>Start bit, eight data bits, parity or a second stop bit, stop bit: §2.5.1.</summary>
    private const int BitsOfCharacter = 11;

    /// <summary>Above this rate the silence is a fixed time, so that it can be kept at all.</summary>
    private const int FastestMeasured = 19_200;

    private static readonly TimeSpan FixedSilence = TimeSpan.FromMicroseconds(1_750);

    /// <summary>What stands between two frames: the time of three and a half characters.</summary>
    public static TimeSpan Silence(int baud) => baud > FastestMeasured ? FixedSilence : TimeSpan.FromSeconds(3.5 * BitsOfCharacter / baud);

    /// <summary>How long so many bytes are on the line.</summary>
    public static TimeSpan Transmission(int bytes, int baud) => TimeSpan.FromSeconds((double)bytes * BitsOfCharacter / baud);
}
