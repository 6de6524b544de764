using System.Net;
using System.Net.Sockets;
using GitOps.Bundles;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>Fetching over https with a password and over ssh with a key, from real servers. Nobody is ever asked anything.</summary>
public sealed class RemoteFetchTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string TokenFile => _directory["token"];

    public void Dispose()
    {
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Over_https_the_password_comes_from_a_file_and_a_renewed_one_is_taken_up()
    {
        await using var server = await SmartHttpServer.StartAsync(Path.GetDirectoryName(_git.RemotePath)!, Token);
        await using var mirror = Mirror(Https(server));
        await File.WriteAllTextAsync(TokenFile, "secret\n", Token);
        var first = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        Assert.Equal(first, await FetchedAsync(mirror));
        Assert.True(server.Answered > 0);

        server.Password = "renewed";
        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        Assert.Equal(GitCodes.Authentication.Id, (await FailedAsync(mirror)).Code);
        await File.WriteAllTextAsync(TokenFile, "renewed\n", Token);
        Assert.Equal(second, await FetchedAsync(mirror));
    }

    [Fact]
    public async Task Over_https_a_wrong_password_is_said_without_saying_it()
    {
        await using var server = await SmartHttpServer.StartAsync(Path.GetDirectoryName(_git.RemotePath)!, Token);
        await using var mirror = Mirror(Https(server));
        await File.WriteAllTextAsync(TokenFile, "hunter2", Token);
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));

        var problem = await FailedAsync(mirror);

        Assert.Equal(GitCodes.Authentication.Id, problem.Code);
        Assert.DoesNotContain("hunter2", $"{problem}", StringComparison.Ordinal);
        Assert.Equal(0, server.Answered);
    }

    [Fact]
    public async Task Over_https_without_any_password_nobody_is_asked_for_one()
    {
        await using var server = await SmartHttpServer.StartAsync(Path.GetDirectoryName(_git.RemotePath)!, Token);
        await using var mirror = Mirror(Https(server) with { TokenFile = null });
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));

        Assert.Equal(GitCodes.Authentication.Id, (await FailedAsync(mirror)).Code);
    }

    [Fact]
    public async Task Over_https_a_server_of_another_authority_is_told_no_password()
    {
        await using var server = await SmartHttpServer.StartAsync(Path.GetDirectoryName(_git.RemotePath)!, Token);
        await File.WriteAllTextAsync(TokenFile, "secret", Token);
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        var other = FleetAuthority.Open(DiskFileLayer.Host, new DataDirectory(_directory["other"]), TimeProvider.System);
        await File.WriteAllTextAsync(_directory["other.crt"], other.CertificatePem, Token);

        foreach (var authority in new[] { null, _directory["other.crt"] })
        {
            await using var mirror = Mirror(Https(server) with { AuthorityFile = authority });
            Assert.Equal(GitCodes.ServerCertificate.Id, (await FailedAsync(mirror)).Code);
        }

        Assert.Equal(0, server.Answered);
    }

    [Fact]
    [Trait("needs", "openssh-server")]
    public async Task Over_ssh_the_key_and_the_host_key_come_from_files()
    {
        await using var server = await TestSshd.StartAsync(Token);
        await using var mirror = Mirror(Ssh(server));
        var first = _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        Assert.Equal(first, await FetchedAsync(mirror));
        var second = _git.CommitAndPush("two", ("a.yaml", "a: 2"));
        Assert.Equal(second, await FetchedAsync(mirror));
    }

    [Fact]
    [Trait("needs", "openssh-server")]
    public async Task Over_ssh_a_host_key_that_is_wrong_or_unknown_is_refused_and_nobody_is_asked()
    {
        await using var server = await TestSshd.StartAsync(Token);
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));
        await File.WriteAllTextAsync(_directory["empty"], "", Token);
        foreach (var hosts in new[] { server.WrongKnownHosts, _directory["empty"] })
        {
            await using var mirror = Mirror(Ssh(server) with { KnownHostsFile = hosts });
            var problem = await FailedAsync(mirror);
            Assert.Equal(GitCodes.Authentication.Id, problem.Code);
            Assert.Contains("known hosts", problem.Fix, StringComparison.Ordinal);
        }

        Assert.Empty(await File.ReadAllTextAsync(_directory["empty"], Token)); // nothing was learned either
    }

    [Fact]
    [Trait("needs", "openssh-server")]
    public async Task Over_ssh_a_key_the_server_does_not_know_is_refused_and_no_password_is_asked_for()
    {
        await using var server = await TestSshd.StartAsync(Token);
        await using var mirror = Mirror(Ssh(server) with { SshKeyFile = server.OtherKey });
        _git.CommitAndPush("one", ("a.yaml", "a: 1"));

        Assert.Equal(GitCodes.Authentication.Id, (await FailedAsync(mirror)).Code);
    }

    [Fact]
    [Trait("needs", "openssh-server")]
    public async Task Over_ssh_a_server_that_says_nothing_is_given_up_at_the_deadline()
    {
        NeedsPackage.OrSkip("openssh-server", "ssh");
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = ((IPEndPoint)silent.LocalEndpoint).Port;
        var source = new GitSource($"ssh://git@127.0.0.1:{port}/fleet.git", new GitReference.Branch("main")) { Deadline = TimeSpan.FromSeconds(1) };
        await using var mirror = Mirror(source);

        Assert.Equal(GitCodes.TooSlow.Id, (await FailedAsync(mirror)).Code);
    }

    private GitSource Https(SmartHttpServer server) =>
        new($"https://localhost:{server.Port}/{Path.GetFileName(_git.RemotePath)}", new GitReference.Branch("main"))
        {
            TokenFile = TokenFile,
            AuthorityFile = server.AuthorityFile,
        };

    private GitSource Ssh(TestSshd server) =>
        new($"ssh://{Environment.UserName}@127.0.0.1:{server.Port}{_git.RemotePath}", new GitReference.Branch("main"))
        {
            SshKeyFile = server.Key,
            KnownHostsFile = server.KnownHosts,
        };

    private GitMirror Mirror(GitSource source) => new(_directory[$"{Guid.NewGuid():n}.git"], source, new CommandRunner(TimeProvider.System));

    private static async Task<string> FetchedAsync(GitMirror mirror) => await mirror.FetchAsync(Token) switch
    {
        FetchOutcome.Fetched(var commit) => commit,
        FetchOutcome.Failed(var problem) => throw new InvalidOperationException($"{problem}"),
        var other => throw new InvalidOperationException($"{other}"),
    };

    private static async Task<Problem> FailedAsync(GitMirror mirror) =>
        Assert.IsType<FetchOutcome.Failed>(await mirror.FetchAsync(Token)).Problem;
}
