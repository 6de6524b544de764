using System.Globalization;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>An object as Git stores it. <paramref name="Bytes"/> is null where it was longer than the limit.</summary>
public sealed record GitObject(string Id, string Type, long SizeBytes, byte[]? Bytes);

/// <summary>
/// Reads objects in bulk through one <c>git cat-file --batch</c>: requests are written ahead, answers come in order. The
/// memory of this process does not depend on how long history is. Not thread-safe.
/// </summary>
public sealed class GitObjects : IAsyncDisposable
{
    private readonly LongProcess _process;
    private readonly BufferedStream _output;

    private GitObjects(LongProcess process) => (_process, _output) = (process, new BufferedStream(process.Output, 64 * 1024));

    internal static GitObjects? Start(GitProgram git) =>
        LongProcess.Start(git.ToCommand(["cat-file", "--batch"])) is { } process ? new GitObjects(process) : null;

    /// <summary>Reads objects by name; null for one that is not there.</summary>
    /// <exception cref="GitObjectsException">Git ended in between: an object is damaged.</exception>
    public async IAsyncEnumerable<GitObject?> ReadAsync(
        IReadOnlyList<string> names,
        long limitBytes,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var writing = WriteAsync(names, cancellationToken);
        for (var i = 0; i < names.Count; i++)
        {
            yield return await ReadOneAsync(names[i], limitBytes, cancellationToken).ConfigureAwait(false);
        }

        await writing.ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task WriteAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var chunk in names.Chunk(1000))
            {
                await _process.Input
                    .WriteAsync(Encoding.UTF8.GetBytes(string.Concat(chunk.Select(name => name + "\n"))), cancellationToken)
                    .ConfigureAwait(false);
                await _process.Input.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // Git ended: the reader notices and says why.
        }
    }

    private async Task<GitObject?> ReadOneAsync(string name, long limitBytes, CancellationToken cancellationToken)
    {
        var header = (await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Split(' ');
        if (header is not [var id, var type, var length])
        {
            return header is [.., "missing"] ? null : throw Broken($"'{string.Join(' ', header)}' is not what git answers to '{name}'");
        }

        var size = long.Parse(length, CultureInfo.InvariantCulture);
        byte[]? bytes = null;
        if (size <= limitBytes)
        {
            bytes = new byte[size];
            await _output.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await SkipAsync(size, cancellationToken).ConfigureAwait(false);
        }

        await SkipAsync(1, cancellationToken).ConfigureAwait(false);
        return new GitObject(id, type, size, bytes);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length < 1024)
        {
            if (await _output.ReadAsync(one, cancellationToken).ConfigureAwait(false) == 0)
            {
                throw Broken("git ended");
            }

            if (one[0] == '\n')
            {
                return line.ToString();
            }

            line.Append((char)one[0]);
        }

        throw Broken("an answer of git has no end");
    }

    private async Task SkipAsync(long count, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(count, 64 * 1024)];
        while (count > 0)
        {
            var part = buffer.AsMemory(0, (int)Math.Min(count, buffer.Length));
            await _output.ReadExactlyAsync(part, cancellationToken).ConfigureAwait(false);
            count -= part.Length;
        }
    }

    private GitObjectsException Broken(string what) => new($"{what}: {_process.Error.Trim()}");
}

/// <summary>An object of the mirror could not be read.</summary>
public sealed class GitObjectsException(string message) : IOException(message);
