using System.Formats.Tar;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Containers;

/// <summary>A registry of a test's own, optionally with one user; skips where the program is missing. Keeps its images when it is stopped.</summary>
public sealed class TestRegistry : LoopbackServer
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private readonly string _program = NeedsPackage.OrSkip("docker-registry");

    private TestRegistry(string? htpasswd)
    {
        var authentication = "";
        if (htpasswd is not null)
        {
            File.WriteAllText(Directory["htpasswd"], htpasswd + "\n");
            authentication = $"auth:\n  htpasswd:\n    realm: test\n    path: {Directory["htpasswd"]}";
        }

        File.WriteAllText(Directory["config.yml"], string.Create(CultureInfo.InvariantCulture, $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {Directory["data"]}
            http:
              addr: 127.0.0.1:{Port}

            """) + authentication + "\n");
    }

    protected override Command Command => new([_program, "serve", Directory["config.yml"]]);

    /// <summary>Where an image lies in it.</summary>
    public string Repository(string name) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}/{name}");

    /// <summary>
    /// Puts an image there that no engine of this machine has. Without an engine, which would take seconds to import, compress,
    /// push and forget it.
    /// </summary>
    /// <param name="layers">Tar archives.</param>
    /// <param name="login"><c>user:password</c></param>
    /// <returns>Its reference with its digest.</returns>
    public async Task<string> PublishAsync(string name, IReadOnlyList<byte[]> layers, string? login = null)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{Port}/v2/{name}/") };
        http.DefaultRequestHeaders.Authorization = login is null ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        var machine = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        var config = Encoding.UTF8.GetBytes($$$"""
            {"architecture":"{{{machine}}}","os":"linux","config":{"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":[{{{string.Join(',', layers.Select(l => $"\"{DigestOf(l)}\""))}}}]}}
            """);
        await UploadAsync(http, config);
        foreach (var layer in layers)
        {
            await UploadAsync(http, layer);
        }

        var listed = layers.Select(l => $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{DigestOf(l)}}","size":{{l.Length}}}""");
        var manifest = Encoding.UTF8.GetBytes($$"""
            {"schemaVersion":2,"mediaType":"{{ManifestType}}",
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{DigestOf(config)}}","size":{{config.Length}}},
            "layers":[{{string.Join(',', listed)}}]}
            """);
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new MediaTypeHeaderValue(ManifestType);
        (await http.PutAsync(new Uri("manifests/test", UriKind.Relative), content)).EnsureSuccessStatusCode();
        return $"{Repository(name)}@{DigestOf(manifest)}";
    }

    /// <summary>A layer that no other image has: one file of so many bytes, which nothing can make smaller.</summary>
    public static byte[] LayerOf(string mark, int bytes = 1_000)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive))
        {
            var content = new byte[bytes];
            new Random(mark.Sum(c => c)).NextBytes(content);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, mark) { DataStream = new MemoryStream(content) });
        }

        return archive.ToArray();
    }

    /// <param name="htpasswd">A line <c>user:bcrypt</c>; null: anybody.</param>
    public static Task<TestRegistry> StartAsync(string? htpasswd, CancellationToken cancellationToken) =>
        StartAsync(new TestRegistry(htpasswd), cancellationToken);

    private static string DigestOf(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    private static async Task UploadAsync(HttpClient http, byte[] blob)
    {
        var begun = (await http.PostAsync(new Uri("blobs/uploads/", UriKind.Relative), null)).EnsureSuccessStatusCode();
        var place = new Uri(http.BaseAddress!, begun.Headers.Location!);
        using var content = new ByteArrayContent(blob);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        (await http.PutAsync(new Uri($"{place}&digest={DigestOf(blob)}"), content)).EnsureSuccessStatusCode();
    }
}
