using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using GitOps.Reconciler.Diffing;

namespace GitOps.Cli.Sources;

/// <summary>
/// Asks registries how large images are, for whoever does not log in: the sizes of the layers for one platform, as the OCI
/// distribution specification 1.1 (pulling manifests, token challenge) has them. Never the layers themselves.
/// </summary>
internal sealed class ImageRegistry(HttpClient http)
{
    private const int MaxManifestBytes = 4 << 20;
    private static readonly string[] Types =
    [
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
    ];

    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    /// <summary>Compressed bytes of all layers and the configuration; null where the registry does not say.</summary>
    public async Task<long?> SizeOfAsync(ImageName image, string architecture, CancellationToken cancellationToken)
    {
        try
        {
            return await SizeOfAsync(image, image.Digest, architecture, depth: 0, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException or InvalidOperationException or KeyNotFoundException ||
            (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null; // a preview with one size unknown is still a preview
        }
    }

    private async Task<long?> SizeOfAsync(ImageName image, string digest, string architecture, int depth, CancellationToken cancellationToken)
    {
        using var answer = await GetAsync(image, digest, cancellationToken);
        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentLength > MaxManifestBytes)
        {
            return null;
        }

        await answer.Content.LoadIntoBufferAsync(MaxManifestBytes, cancellationToken);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        var root = document.RootElement;
        if (root.TryGetProperty("layers", out var layers))
        {
            return root.GetProperty("config").GetProperty("size").GetInt64() + layers.EnumerateArray().Sum(layer => layer.GetProperty("size").GetInt64());
        }

        foreach (var manifest in depth == 0 && root.TryGetProperty("manifests", out var list) ? list.EnumerateArray() : default)
        {
            if (manifest.TryGetProperty("platform", out var platform) && platform.GetProperty("os").GetString() == "linux" &&
                platform.GetProperty("architecture").GetString() == architecture)
            {
                return await SizeOfAsync(image, manifest.GetProperty("digest").GetString()!, architecture, depth + 1, cancellationToken);
            }
        }

        return null;
    }

    private async Task<HttpResponseMessage> GetAsync(ImageName image, string digest, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(image, digest, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized ||
            answer.Headers.WwwAuthenticate.FirstOrDefault(h => h.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) is not { Parameter: { } challenge } ||
            await TokenAsync(challenge, cancellationToken) is not { } token)
        {
            return answer;
        }

        answer.Dispose();
        _tokens[image.Repository] = token;
        return await SendAsync(image, digest, cancellationToken);
    }

    private Task<HttpResponseMessage> SendAsync(ImageName image, string digest, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(image.RegistryAddress, $"v2/{image.Path}/manifests/{digest}"));
        foreach (var type in Types)
        {
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        request.Headers.Authorization = _tokens.TryGetValue(image.Repository, out var token) ? new AuthenticationHeaderValue("Bearer", token) : null;
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>An anonymous token from where the challenge says: <c>realm="…",service="…",scope="…"</c>.</summary>
    private async Task<string?> TokenAsync(string challenge, CancellationToken cancellationToken)
    {
        var named = challenge.Split(',').Select(part => part.Trim().Split('=', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
            .ToDictionary(g => g.Key, g => g.First()[1].Trim('"'), StringComparer.OrdinalIgnoreCase);
        if (!named.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var address))
        {
            return null;
        }

        var query = string.Join('&', named.Where(pair => pair.Key is "service" or "scope").Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        using var answer = await http.GetAsync(new UriBuilder(address) { Query = query }.Uri, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            return null;
        }

        await answer.Content.LoadIntoBufferAsync(MaxManifestBytes, cancellationToken);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        return document.RootElement.TryGetProperty("token", out var token) ? token.GetString()
            : document.RootElement.TryGetProperty("access_token", out var access) ? access.GetString() : null;
    }
}
