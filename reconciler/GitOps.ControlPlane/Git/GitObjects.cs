using System.Runtime.CompilerServices;

namespace GitOps.ControlPlane.Git;

/// <summary>An object as Git stores it. <paramref name="Bytes"/> is null where it was longer than the limit.</summary>
public sealed record GitObject(string Id, string Type, long SizeBytes, byte[]? Bytes);

/// <summary>
/// Reads objects of a repository, few or many. The git process is kept from one reading to the next, because starting it
/// takes longer than reading what a commit changed. One reading at a time.
/// </summary>
public sealed class GitObjects : IAsyncDisposable
{
    // From here on a process of its own, which answers in large pieces, costs less than it saves.
    private const int Many = 1_000;

    // A process holds the packs it has opened; those that were replaced meanwhile keep their room on the disk until it ends.
    private const int ReadingsOfOne = 256;

    private readonly GitProgram _git;
    private ObjectPipe? _pipe;
    private int _readings;

    internal GitObjects(GitProgram git) => _git = git;

    /// <summary>False when there is no git program.</summary>
    public async Task<bool> TryOpenAsync()
    {
        if (_pipe is { } old && (old.HasEnded || _readings >= ReadingsOfOne))
        {
            await CloseAsync().ConfigureAwait(false);
        }

        if (_pipe is null)
        {
            (_pipe, _readings) = (ObjectPipe.Start(_git), 0);
        }

        return _pipe is not null;
    }

    /// <summary>Reads objects by name; null for one that is not there. After <see cref="TryOpenAsync"/>.</summary>
    /// <exception cref="GitObjectsException">Git ended in between: an object is damaged.</exception>
    public async IAsyncEnumerable<GitObject?> ReadAsync(
        IReadOnlyList<string> names, long limitBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var own = names.Count < Many ? null : ObjectPipe.StartForOne(_git);
        var pipe = own ?? _pipe ?? throw new InvalidOperationException("the objects were not opened");
        var isWhole = false;
        try
        {
            _readings++;
            await foreach (var read in pipe.ReadAsync(names, limitBytes, cancellationToken).ConfigureAwait(false))
            {
                yield return read;
            }

            isWhole = true;
        }
        finally
        {
            if (!isWhole)
            {
                await CloseAsync().ConfigureAwait(false); // answers nobody took would be taken for those of the next reading
            }
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task CloseAsync()
    {
        if (_pipe is { } pipe)
        {
            _pipe = null;
            await pipe.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>An object of the mirror could not be read.</summary>
public sealed class GitObjectsException(string message) : IOException(message);
