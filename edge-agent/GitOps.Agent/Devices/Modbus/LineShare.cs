namespace GitOps.Agent.Devices.Modbus;

/// <summary>
/// Shares a line between units that answer and units that do not. Asking one that does not costs a whole timeout in which
/// nobody else is asked; so a unit that was silent twice in a row is asked in at most a tenth of the line's time, as long as
/// another unit answers. Not thread-safe.
/// </summary>
public sealed class LineShare
{
    /// <summary>A line is kept free from silent units for so many times what asking one took.</summary>
    public const int Free = 9;

    /// <summary>One lost answer is noise; from here on a unit counts as silent.</summary>
    public const int Silences = 2;

    private readonly Dictionary<byte, int> _silences = [];
    private TimeSpan _freeUntil;

    /// <summary>How long a unit has to wait until it is its turn; zero: none.</summary>
    public TimeSpan Wait(byte unit, TimeSpan now) =>
        IsSilent(unit) && _silences.Values.Any(silences => silences < Silences) && _freeUntil > now ? _freeUntil - now : TimeSpan.Zero;

    /// <summary>Notes what asking a unit came to.</summary>
    public void Note(byte unit, bool isAnswered, TimeSpan began, TimeSpan ended)
    {
        if (IsSilent(unit))
        {
            _freeUntil = ended + ((ended - began) * Free);
        }

        _silences[unit] = isAnswered ? 0 : _silences.GetValueOrDefault(unit) + 1;
    }

    /// <summary>Forgets a unit that nobody asks any more.</summary>
    public void Forget(byte unit) => _silences.Remove(unit);

    private bool IsSilent(byte unit) => _silences.GetValueOrDefault(unit) >= Silences;
}
