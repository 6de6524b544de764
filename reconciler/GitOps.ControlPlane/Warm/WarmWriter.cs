using System.Security.Cryptography;
using System.Text;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Warm;

/// <summary>
/// Writes a large file piece by piece beside its name, with a digest of everything at its end, and gives it the name when
/// it is whole. Texts are written once and named by number afterwards.
/// </summary>
internal sealed class WarmWriter : IDisposable
{
    private const int PieceBytes = 4 << 20;
    private readonly IFileLayer _layer;
    private readonly string _path;
    private readonly string _temporary;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<string, int> _texts = new(StringComparer.Ordinal);
    private readonly MemoryStream _piece = new(PieceBytes + 4096);
    private readonly BinaryWriter _writer;

    public WarmWriter(IFileLayer layer, string path)
    {
        (_layer, _path, _temporary) = (layer, path, AtomicFile.TemporaryPath(path));
        _writer = new BinaryWriter(_piece, Encoding.UTF8);
        layer.UnlinkIfThere(_temporary);
        layer.CreateFile(_temporary, [], AtomicFile.Private);
    }

    public void Number(int value) => _writer.Write7BitEncodedInt(value);

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number(bytes.Length);
        Raw(bytes);
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        _writer.Write(bytes);
        if (_piece.Length >= PieceBytes)
        {
            Send();
        }
    }

    public void Text(string? text)
    {
        if (text is null)
        {
            Number(0);
        }
        else if (_texts.TryGetValue(text, out var known))
        {
            Number(known + 2);
        }
        else
        {
            _texts.Add(text, _texts.Count);
            Number(1);
            Bytes(Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>From here on the file is the new one.</summary>
    public void Commit()
    {
        Send();
        _layer.Append(_temporary, _hash.GetHashAndReset());
        _layer.Flush(_temporary);
        _layer.Rename(_temporary, _path);
        _layer.FlushDirectory(FilePath.Parent(_path));
    }

    public void Dispose()
    {
        _writer.Dispose();
        _piece.Dispose();
        _hash.Dispose();
        _layer.TryUnlink(_temporary);
    }

    private void Send()
    {
        var piece = _piece.GetBuffer().AsSpan(0, (int)_piece.Length);
        _hash.AppendData(piece);
        _layer.Append(_temporary, piece);
        _piece.SetLength(0);
    }
}
