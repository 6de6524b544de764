using System.Globalization;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Storage;

/// <summary>A WebDAV server over a folder of a test's own (<c>rclone serve webdav</c>), with a login.</summary>
public sealed class TestWebDav : LoopbackServer
{
    public const string User = "press";
    public const string Password = "p@ss w\u00F6rd, with more than sixteen bytes";

    private readonly string _program = NeedsPackage.OrSkip("rclone");

    private TestWebDav() => System.IO.Directory.CreateDirectory(Root);

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}/");

    /// <summary>What it serves.</summary>
    public string Root => Directory["served"];

    protected override Command Command => new(
        [_program, "--config", "", "serve", "webdav", "--addr", $"127.0.0.1:{Port}", "--dir-cache-time", "0s", "--user", User, "--pass", Password, Root]);

    public static Task<TestWebDav> StartAsync(CancellationToken cancellationToken) => StartAsync(new TestWebDav(), cancellationToken);
}
