namespace GitOps.Platform.Files;

/// <summary>
/// What a <see cref="SlotStore"/> holds. Closed; "nothing was ever written" and "it cannot be read" are two cases.
/// </summary>
public abstract record SlotRead
{
    private SlotRead()
    {
    }

    /// <summary>Nothing has been written yet.</summary>
    public sealed record Empty : SlotRead;

    /// <summary>The last value written.</summary>
    public sealed record Value(ReadOnlyMemory<byte> Content, ulong Sequence) : SlotRead;

    /// <summary>One slot is damaged; this is the other one's value, which may be older than the last one written.</summary>
    public sealed record FellBack(ReadOnlyMemory<byte> Content, ulong Sequence, string Because) : SlotRead;

    /// <summary>Something was written and none of it can be read.</summary>
    public sealed record Lost(string Because) : SlotRead;
}
