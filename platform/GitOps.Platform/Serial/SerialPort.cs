using System.Runtime.InteropServices;
using GitOps.Platform.Files;
using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Serial;

/// <summary>
/// A serial port for binary data: no echo, no signals, no flow control. Opened for one program alone. Calls block; one caller
/// at a time.
/// </summary>
public sealed class SerialPort : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;

    private SerialPort(SafeFileHandle handle, string path) => (_handle, _path) = (handle, path);

    /// <exception cref="SerialPortException">There is none, it may not be opened, somebody else has it, or it cannot do the settings.</exception>
    public static SerialPort Open(string path, SerialSettings settings)
    {
        const int flags = Termios.ReadWrite | Termios.NoControllingTerminal | Termios.NonBlocking | Termios.CloseOnExec;
        var descriptor = Termios.Open(path, flags, 0);
        if (descriptor < 0)
        {
            throw Failure("open", path);
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Configure(handle, path, settings);
            return new SerialPort(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends everything, and returns when it is on the line.</summary>
    /// <exception cref="SerialPortException">It is gone, or takes nothing for <paramref name="limit"/>.</exception>
    public void Send(ReadOnlySpan<byte> bytes, TimeSpan limit)
    {
        while (!bytes.IsEmpty)
        {
            if (!Wait(Termios.CanWrite, limit))
            {
                throw new SerialPortException($"{_path} takes nothing");
            }

            var sent = Termios.Write(_handle, bytes, (nuint)bytes.Length);
            if (sent < 0 && !IsPassing)
            {
                throw Failure("write", _path);
            }

            bytes = bytes[(int)Math.Max(sent, 0)..];
        }

        while (Termios.Control(_handle, Termios.SendBreak, 1) != 0)
        {
            if (!IsPassing)
            {
                throw Failure("drain", _path);
            }
        }
    }

    /// <returns>How many bytes came; 0 when none did within <paramref name="limit"/>, which is kept to the millisecond above.</returns>
    /// <exception cref="SerialPortException">It is gone.</exception>
    public int Receive(Span<byte> buffer, TimeSpan limit)
    {
        if (!Wait(Termios.CanRead, limit))
        {
            return 0;
        }

        var received = Termios.Read(_handle, buffer, (nuint)buffer.Length);
        return received > 0 ? (int)received
            : received < 0 && IsPassing ? 0
            : throw (received == 0 ? new SerialPortException($"{_path} is closed at its other end") : Failure("read", _path));
    }

    /// <summary>Drops what came in and was not read.</summary>
    public void Discard() => _ = Termios.Control(_handle, Termios.Flush, 0);

    public void Dispose() => _handle.Dispose();

    private static void Configure(SafeFileHandle handle, string path, SerialSettings settings)
    {
        var now = default(Termios.Settings);
        if (Termios.Control(handle, Termios.GetSettings, ref now) != 0)
        {
            throw new SerialPortException($"{path} is no serial port");
        }

        if (Termios.Lock(handle, Termios.LockExclusiveNow) != 0)
        {
            throw new SerialPortException($"{path} is in use");
        }

        _ = Termios.Control(handle, Termios.Exclusive, 0); // not every driver knows it
        var wanted = new Termios.Settings
        {
            Input = settings.Parity == SerialParity.None ? 0 : Termios.CheckParity,
            Control = Termios.EightBits | Termios.Receiver | Termios.NoModemLines | Termios.AnyRate |
                      (settings.StopBits == 2 ? Termios.TwoStopBits : 0) |
                      settings.Parity switch { SerialParity.Even => Termios.Parity, SerialParity.Odd => Termios.Parity | Termios.OddParity, _ => 0 },
            LeastReceived = 1,
            InputRate = (uint)settings.Baud,
            OutputRate = (uint)settings.Baud,
        };
        if (Termios.Control(handle, Termios.SetSettings, ref wanted) != 0)
        {
            throw Failure("set up", path);
        }
    }

    private bool Wait(short events, TimeSpan limit)
    {
        var poll = new Termios.Poll { Descriptor = (int)_handle.DangerousGetHandle(), Events = events };
        var ready = Termios.Wait(ref poll, 1, (int)Math.Ceiling(limit.TotalMilliseconds));
        return ready > 0 || (ready < 0 && !IsPassing ? throw Failure("poll", _path) : false);
    }

    private static bool IsPassing => Errno.Last is Errno.Interrupted or Errno.TryAgain;

    private static SerialPortException Failure(string operation, string path) =>
        new($"{operation} {path}: {Marshal.GetPInvokeErrorMessage(Errno.Last)}");
}
