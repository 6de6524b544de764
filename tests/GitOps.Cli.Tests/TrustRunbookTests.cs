using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Trust;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Cli.Tests;

/// <summary>
/// docs/trust.md, command by command, in its order, on the data directory of a control plane that is started and stopped in
/// between; a node follows along.
/// </summary>
public sealed partial class TrustRunbookTests : IDisposable
{
    private const string Fleet = "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01";
    private readonly TempDirectory _directory = new();
    private readonly DataDirectory _data;
    private readonly string[] _sections;
    private RootStatement _followed = null!;

    public TrustRunbookTests()
    {
        _data = new DataDirectory(_directory["data"]);
        Directory.CreateDirectory(_directory["vault"]);
        Directory.CreateDirectory(_directory["stick"]);
        foreach (var name in new[] { "ada", "bob", "cyd", "dan" })
        {
            File.WriteAllText(_directory[$"vault/{name}.pass"], $"{name} keeps this to themselves\n");
        }

        _sections = Section().Split(File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "docs", "trust.md")));
    }

    private string Online => _followed.RootKeys[0].Keyid;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_command_of_the_runbook_does_what_it_says()
    {
        FleetPin.Keep(DiskFileLayer.Host, _data, Fleet);
        Start();
        var first = _followed;

        await RunAsync(1);
        Start();
        Assert.Equal((2, 3, 2), (_followed.Version, _followed.RootKeys.Count, _followed.Threshold));
        Assert.DoesNotContain(first.RootKeys[0], _followed.RootKeys);

        await RunAsync(2);
        var second = Start();
        Assert.Equal(3, _followed.Version);
        Assert.NotEqual(first.PublicationKeys, _followed.PublicationKeys);
        Assert.Equal(_followed.PublicationKeys[0], second);

        File.Delete(TrustStore.PublicationKeyPath(_data.Keys));
        Assert.Equal("PUB033", Assert.IsType<TrustOpening.Refused>(Open()).Problem.Code);
        await RunAsync(3);
        var third = Start();
        Assert.Equal(_followed.PublicationKeys[0], third);
        Assert.NotEqual(second, third);

        await RunAsync(5);
        Start();
        Assert.Equal((5, 3), (_followed.Version, _followed.RootKeys.Count));

        var old = RootDraft.Fingerprint(_followed.Authorities[0])!;
        var commands = Commands(_sections[6]).ToList();
        var change = commands.FindIndex(command => command.Contains("authority switch", StringComparison.Ordinal));
        await RunAsync(commands[..change]);
        Start();
        Assert.Equal(2, _followed.Authorities.Count);
        await RunAsync(commands[change..(change + 1)]);
        Start();
        await RunAsync(commands[(change + 1)..], old);
        Start();
        Assert.Equal(7, _followed.Version);
        Assert.NotEqual(old, RootDraft.Fingerprint(Assert.Single(_followed.Authorities)));
    }

    private static IEnumerable<string> Commands(string section) => Blocks().Matches(section).SelectMany(block => block.Groups[1].Value.Split('\n')).Where(line => line.Length > 0);

    private Task RunAsync(int section) => RunAsync(Commands(_sections[section]));

    private async Task RunAsync(IEnumerable<string> commands, string old = "")
    {
        var count = 0;
        foreach (var command in commands)
        {
            count++;
            var words = command
                .Replace("$(ONLINE_KEY)", Online, StringComparison.Ordinal).Replace("$(OLD_AUTHORITY)", old, StringComparison.Ordinal)
                .Replace("$(BOB_KEY)", KeyId("bob"), StringComparison.Ordinal)
                .Replace("/media/vault", _directory["vault"], StringComparison.Ordinal).Replace("/media/stick", _directory["stick"], StringComparison.Ordinal)
                .Replace("/var/lib/gitops", _data.Path, StringComparison.Ordinal).Split(' ');
            switch (words)
            {
                case ["rm", var file]:
                    File.Delete(file);
                    break;
                case ["gitops", .. var arguments]:
                    var isAboutData = arguments is ["trust", "publish" or "authority", ..] or ["trust", "root", "new", ..];
                    Assert.True(
                        await GitOpsProgram.RunAsync([.. arguments, .. isAboutData ? ["--data-directory", _data.Path] : Array.Empty<string>()]) == 0, command);
                    break;
                default:
                    Assert.Fail($"nobody runs '{command}'");
                    break;
            }
        }

        Assert.NotEqual(0, count);
    }

    private string KeyId(string name) =>
        File.Exists(_directory[$"vault/{name}.key.pub"]) ? RootFiles.ReadPublic(DiskFileLayer.Host, _directory[$"vault/{name}.key.pub"]).Keyid : "";

    /// <summary>What a start of <c>gitops serve</c> does with trust; a node follows what is published then.</summary>
    /// <returns>The key that signs publications.</returns>
    private TrustedKey Start()
    {
        using var trust = Assert.IsType<TrustOpening.Opened>(Open()).Trust;
        File.WriteAllBytes(_data.Root, trust.RootJson);
        _followed ??= Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(trust.RootJson)).Root;
        while (_followed.Version < trust.Root.Version)
        {
            _followed = Assert.IsType<RootReading.Trusted>(_followed.ReadNext(Store().Root(_followed.Version + 1))).Root;
        }

        return trust.Signer.Key;
    }

    private TrustOpening Open() => TrustStore.Open(
        DiskFileLayer.Host, _data.Keys, Store(), [FleetAuthority.Open(DiskFileLayer.Host, _data, TimeProvider.System).CertificatePem]);

    private ContentStore Store() => Assert.IsType<StoreOpening.Opened>(ContentStore.Open(DiskFileLayer.Host, _data.Store, Fleet)).Store;

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^## ", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
