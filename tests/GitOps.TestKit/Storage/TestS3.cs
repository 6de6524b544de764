using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Storage;

/// <summary>A server of S3 with one bucket that checks signatures of version 4, from the npm registry: see tests/s3-server.</summary>
public sealed class TestS3 : LoopbackServer
{
    public const string Bucket = "plant";

    /// <summary>Fixed in the server.</summary>
    public const string AccessKeyId = "S3RVER";

    /// <inheritdoc cref="AccessKeyId"/>
    public const string SecretAccessKey = "S3RVER";

    private const string Script =
        "const [directory, port] = process.argv.slice(1); const S3 = require('@20minutes/s3rver');" +
        "new S3({ address: '127.0.0.1', port: +port, directory, silent: true, configureBuckets: [{ name: '" + Bucket + "', configs: [] }] }).run();";

    private readonly string _program = NeedsPackage.OrSkip("nodejs", "node");

    private TestS3()
    {
        if (!System.IO.Directory.Exists($"{Home()}/node_modules"))
        {
            NeedsPackage.Missing("needs a server of S3: npm ci --ignore-scripts --prefix tests/s3-server");
        }
    }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");

    /// <summary>Keys of the bucket, in order.</summary>
    public IReadOnlyList<string> Keys => [.. System.IO.Directory.EnumerateFiles(Root, $"*{ObjectSuffix}", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath($"{Root}/{Bucket}", file)[..^ObjectSuffix.Length]).Order(StringComparer.Ordinal)];

    private const string ObjectSuffix = "._S3rver_object";

    private string Root => Directory["served"];

    protected override Command Command => new([_program, "-e", Script, "--", Root, string.Create(CultureInfo.InvariantCulture, $"{Port}")]) { WorkingDirectory = Home() };

    public static Task<TestS3> StartAsync(CancellationToken cancellationToken) => StartAsync(new TestS3(), cancellationToken);

    /// <summary>What a key holds.</summary>
    public string Read(string key) => File.ReadAllText($"{Root}/{Bucket}/{key}{ObjectSuffix}");

    private static string Home([CallerFilePath] string path = "") => Path.GetFullPath("../../s3-server", Path.GetDirectoryName(path)!);
}
