using System.Globalization;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Appends to <c>log</c>, and moves it to <c>log.1</c>, <c>log.2</c>, … when it reaches its size: never more than size × files
/// on disk. Not flushed: a log is worth less than the writes it would cost. Thread-safe.
/// </summary>
internal sealed class RotatedLog : IDisposable
{
    private readonly string _path;
    private readonly long _maxBytes;
    private readonly int _files;
    private readonly Lock _lock = new();
    private FileStream _current;

    public RotatedLog(string path, long maxBytes, int files)
    {
        (_path, _maxBytes, _files) = (path, Math.Max(maxBytes, 1), Math.Max(files, 1));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _current = Open(FileMode.Append);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            try
            {
                while (!bytes.IsEmpty)
                {
                    if (_current.Position >= _maxBytes)
                    {
                        Rotate();
                    }

                    var length = (int)Math.Min(bytes.Length, _maxBytes - _current.Position);
                    _current.Write(bytes[..length]);
                    bytes = bytes[length..];
                }

                _current.Flush();
            }
            catch (IOException)
            {
                // A full disk must not stop what writes the log.
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _current.Dispose();
        }
    }

    private void Rotate()
    {
        _current.Dispose();
        for (var number = _files - 1; number > 0; number--)
        {
            var older = number == 1 ? _path : Numbered(number - 1);
            if (File.Exists(older))
            {
                File.Move(older, Numbered(number), overwrite: true);
            }
        }

        _current = Open(FileMode.Create);
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{_path}.{number}");

    private FileStream Open(FileMode mode) => new(_path, mode, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
}
