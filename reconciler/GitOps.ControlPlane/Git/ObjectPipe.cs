using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// One <c>git cat-file --batch</c>: requests are written ahead, answers come in order. The memory of this process does not
/// depend on how long history is. Not thread-safe.
/// </summary>
internal sealed class ObjectPipe : IAsyncDisposable
{
    private readonly LongProcess _process;
    private const int LongestLine = 1024;

    // A header and a small object come in one piece: asking the stream for each would cost more than git does.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _from;
    private int _to;

    // Of a process for one list only: git then writes as much at once as it has, which is a fraction of the work.
    private readonly bool _isForOne;

    private ObjectPipe(LongProcess process, bool isForOne) => (_process, _isForOne) = (process, isForOne);

    public bool HasEnded => _process.HasExited;

    /// <summary>Null when there is no git program.</summary>
    public static ObjectPipe? Start(GitProgram git) => Start(git, ["cat-file", "--batch"], isForOne: false);

    /// <summary>To be read from once.</summary>
    public static ObjectPipe? StartForOne(GitProgram git) => Start(git, ["cat-file", "--batch", "--buffer"], isForOne: true);

    private static ObjectPipe? Start(GitProgram git, string[] arguments, bool isForOne) =>
        LongProcess.Start(git.ToCommand(arguments)) is { } process ? new ObjectPipe(process, isForOne) : null;

    /// <summary>Reads objects by name; null for one that is not there.</summary>
    /// <exception cref="GitObjectsException">Git ended in between: an object is damaged.</exception>
    public async IAsyncEnumerable<GitObject?> ReadAsync(
        IReadOnlyList<string> names,
        long limitBytes,
        [EnumeratorCancellation] CancellationToken cancellationToken)
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

            if (_isForOne)
            {
                await _process.Input.DisposeAsync().ConfigureAwait(false);
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
            await ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await SkipAsync(size, cancellationToken).ConfigureAwait(false);
        }

        await SkipAsync(1, cancellationToken).ConfigureAwait(false);
        return new GitObject(id, type, size, bytes);
    }

    private async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _from, length);
                _from += length + 1;
                return line;
            }

            if (_to - _from >= LongestLine)
            {
                throw Broken("an answer of git has no end");
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask ReadExactlyAsync(Memory<byte> target, CancellationToken cancellationToken)
    {
        while (target.Length > 0)
        {
            if (_from == _to)
            {
                await FillAsync(cancellationToken).ConfigureAwait(false);
            }

            var part = Math.Min(target.Length, _to - _from);
            _buffer.AsMemory(_from, part).CopyTo(target);
            target = target[part..];
            _from += part;
        }
    }

    private async ValueTask SkipAsync(long count, CancellationToken cancellationToken)
    {
        while (count > 0)
        {
            if (_from == _to)
            {
                await FillAsync(cancellationToken).ConfigureAwait(false);
            }

            var part = (int)Math.Min(count, _to - _from);
            (_from, count) = (_from + part, count - part);
        }
    }

    /// <summary>Moves what is left to the front and reads what git has written.</summary>
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
        (_from, _to) = (0, _to - _from);
        var read = await _process.Output.ReadAsync(_buffer.AsMemory(_to), cancellationToken).ConfigureAwait(false);
        _to += read > 0 ? read : throw Broken("git ended");
    }

    private GitObjectsException Broken(string what) => new($"{what}: {_process.Error.Trim()}");
}
