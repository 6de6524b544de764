using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using GitOps.Platform.Files;

namespace GitOps.Platform.Http;

/// <summary>
/// Fetches a blob into a file: goes on where the last try broke off, checks size and digest as it streams, and gives the
/// file its name only when all of it is right and flushed.
/// </summary>
public static class BlobDownload
{
    private const int PieceBytes = 256 * 1024;

    /// <summary>Where the content is until it is whole.</summary>
    public static string PartialPath(string path) => path + ".part";

    /// <summary>Downloads.</summary>
    /// <param name="sha256">64 lower-case hex digits.</param>
    public static async Task<Download> FetchAsync(
        NodeHttp http,
        string url,
        IFileLayer layer,
        string path,
        string sha256,
        long sizeBytes,
        CancellationToken cancellationToken)
    {
        var partial = PartialPath(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var have = Begin(layer, partial, sizeBytes, hash);
        var transferred = 0L;
        try
        {
            if (have < sizeBytes)
            {
                using var pieces = new Pieces(http, cancellationToken);
                using var request = new HttpRequestMessage(HttpMethod.Get, url);
                request.Headers.Range = have > 0 ? new RangeHeaderValue(have, null) : null;
                using var response = await http.SendAsync(request, pieces.Token).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.NotFound)
                {
                    return new Download.NotFound();
                }

                if (!response.IsSuccessStatusCode)
                {
                    return new Download.Interrupted(
                        $"{url}: the server answers {(int)response.StatusCode} {response.ReasonPhrase}");
                }

                if (have > 0 && response.Content.Headers.ContentRange?.From != have)
                {
                    // A server without ranges begins at the beginning, and so do we.
                    layer.Truncate(partial, 0);
                    _ = hash.GetHashAndReset();
                    have = 0;
                }

                using var body = await response.Content.ReadAsStreamAsync(pieces.Token).ConfigureAwait(false);
                var buffer = new byte[PieceBytes];
                int length;
                while ((length = await pieces.ReadAsync(body, buffer).ConfigureAwait(false)) > 0)
                {
                    have += length;
                    transferred += length;
                    if (have > sizeBytes)
                    {
                        layer.Unlink(partial);
                        return new Download.Damaged(Text($"{url} has more than the {sizeBytes} bytes it should have"));
                    }

                    layer.Append(partial, buffer.AsSpan(0, length));
                    hash.AppendData(buffer, 0, length);
                }

                if (have < sizeBytes)
                {
                    return new Download.Interrupted(Text($"{url} ended after {have} of {sizeBytes} bytes"));
                }
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not FileLayerException
            && http.Explain(failure) is not null)
        {
            return new Download.Interrupted(http.Explain(failure)!);
        }

        return Finish(layer, path, sha256, Convert.ToHexStringLower(hash.GetHashAndReset()), transferred);
    }

    /// <summary>Takes up what an earlier try left; a power cut may have left zeros in it, which the digest finds out.</summary>
    private static long Begin(IFileLayer layer, string partial, long sizeBytes, IncrementalHash hash)
    {
        if (layer.Stat(partial) is { } left && left.SizeBytes > sizeBytes)
        {
            layer.Unlink(partial);
        }

        if (layer.Stat(partial) is null)
        {
            layer.CreateFile(partial, [], AtomicFile.Private);
            return 0;
        }

        using var stream = layer.OpenRead(partial);
        var buffer = new byte[PieceBytes];
        var have = 0L;
        int length;
        while ((length = stream.Read(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, length);
            have += length;
        }

        return have;
    }

    private static Download Finish(IFileLayer layer, string path, string expected, string actual, long transferred)
    {
        var partial = PartialPath(path);
        if (expected != actual)
        {
            layer.Unlink(partial);
            return new Download.Damaged($"{path} should have the SHA-256 {expected}, what came has {actual}");
        }

        layer.Flush(partial);
        layer.Rename(partial, path);
        layer.FlushDirectory(FilePath.Parent(path));
        return new Download.Done(transferred);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// A time limit that starts again with so many bytes: a large blob over a slow link is not a silent one, and a server that
    /// lets bytes trickle does not keep a node from what is newer.
    /// </summary>
    private sealed class Pieces(NodeHttp http, CancellationToken cancellationToken) : IDisposable
    {
        private const int BytesWithinLimit = 4096;
        private int _since = BytesWithinLimit;
        private readonly CancellationTokenSource _silence = new(http.Timeout, http.Time);
        private CancellationTokenSource? _either;

        public CancellationToken Token =>
            (_either ??= CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancellationToken)).Token;

        public async ValueTask<int> ReadAsync(Stream body, byte[] buffer)
        {
            if (_since >= BytesWithinLimit)
            {
                _silence.CancelAfter(http.Timeout);
                _since = 0;
            }

            var length = await body.ReadAsync(buffer, Token).ConfigureAwait(false);
            _since += length;
            return length;
        }

        public void Dispose()
        {
            _either?.Dispose();
            _silence.Dispose();
        }
    }
}
