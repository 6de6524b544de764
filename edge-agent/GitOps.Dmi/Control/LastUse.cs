namespace GitOps.Dmi.Control;

/// <summary>When an agent asked last: a program that was started by need ends when nobody needs it any more.</summary>
internal sealed class LastUse(TimeProvider time)
{
    private long _at = time.GetTimestamp();

    public void Now() => Volatile.Write(ref _at, time.GetTimestamp());

    public async Task EndWhenIdleAsync(TimeSpan? idle, Action end, CancellationToken cancellationToken)
    {
        if (idle is not { } limit)
        {
            return;
        }

        while (time.GetElapsedTime(Volatile.Read(ref _at)) is var passed && passed < limit)
        {
            await Task.Delay(limit - passed + TimeSpan.FromMilliseconds(1), time, cancellationToken);
        }

        end();
    }
}
