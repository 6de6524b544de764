using GitOps.Bundles;
using GitOps.ControlPlane.Git;
using GitOps.Manifests.Kinds;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Guards;
using GitOps.TestKit;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Git;

/// <summary>Signatures made by the real git, gpg and ssh-keygen, checked by them.</summary>
public sealed class CommitCheckTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();
    private readonly CommitKeys _keys = new();
    private GitMirror? _mirror;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _mirror = new GitMirror(
            _directory["mirror.git"], new GitSource(_git.RemotePath, new GitReference.Branch("main")), new CommandRunner(TimeProvider.System));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _mirror!.DisposeAsync();
        _keys.Dispose();
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Signatures_of_both_kinds_by_listed_keys_count()
    {
        var (ssh, pgp) = (_keys.Ssh("ada"), _keys.OpenPgp("bob"));
        var published = _git.CommitAndPush("before");
        _git.Signer = ssh;
        _git.Commit("one", ("a", "1"));
        _git.Signer = pgp;
        var tip = _git.CommitAndPush("two", ("a", "2"));

        Assert.IsType<CommitVerdict.Accepted>(await CheckAsync(published, tip, Signing(SigningMode.Every, ("ada", ssh), ("bob", pgp))));
    }

    [Fact]
    public async Task Who_signed_nothing_or_with_another_key_is_named_with_the_commit()
    {
        var (known, stranger, pgp) = (_keys.Ssh("ada"), _keys.Ssh("eve"), _keys.OpenPgp("mallory"));
        var published = _git.CommitAndPush("before");
        var unsigned = _git.Commit("one", ("a", "1"));
        _git.Signer = stranger;
        var second = _git.Commit("two", ("a", "2"));
        _git.Signer = pgp;
        var third = _git.Commit("three", ("a", "3"));
        _git.Signer = known;
        var tip = _git.CommitAndPush("four", ("a", "4"));

        var problem = await HeldAsync(published, tip, Signing(SigningMode.Every, ("ada", known)));
        Assert.Equal("PUB005", problem.Code);
        Assert.Contains($"commit {unsigned} is not signed", problem.What, StringComparison.Ordinal);
        Assert.Contains($"commit {second} is signed with the key {stranger.Fingerprint}, which is not listed", problem.What, StringComparison.Ordinal);
        Assert.Contains($"commit {third} is signed with the key {pgp.Fingerprint[^16..]}, which is not listed", problem.What, StringComparison.Ordinal);

        // The newest answers for all where that is asked for.
        Assert.IsType<CommitVerdict.Accepted>(await CheckAsync(published, tip, Signing(SigningMode.Head, ("ada", known))));
    }

    [Fact]
    public async Task A_key_that_has_expired_does_not_count_whatever_time_the_commit_gives_itself()
    {
        var pgp = _keys.OpenPgp("old", at: "20200101T000000", expires: "1y");
        var ssh = _keys.Ssh("old-ssh");
        _git.Signer = pgp;
        var first = _git.CommitAndPush("one");
        var problem = await HeldAsync(null, first, Signing(SigningMode.Head, ("old", pgp)));
        Assert.Contains($"the key {pgp.Fingerprint} of 'old', which has expired", problem.What, StringComparison.Ordinal);

        _git.Signer = ssh;
        var second = _git.CommitAndPush("two"); // its date is of 2025
        var over = ssh with { Public = $"old valid-after=\"20250101\",valid-before=\"20260101\" {ssh.Public}" };
        Assert.Contains("which counted until 2026-01-01", (await HeldAsync(null, second, Signing(SigningMode.Head, ("old", over)))).What, StringComparison.Ordinal);
        var later = ssh with { Public = $"old valid-after=\"29990101Z\" {ssh.Public}" };
        Assert.Contains("which counts from 2999-01-01", (await HeldAsync(null, second, Signing(SigningMode.Head, ("old", later)))).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_does_not_count()
    {
        var key = _keys.OpenPgp("ada");
        _git.Signer = key;
        var tip = _git.CommitAndPush("one");
        Assert.IsType<CommitVerdict.Accepted>(await CheckAsync(null, tip, Signing(SigningMode.Head, ("ada", key))));
        var problem = await HeldAsync(null, tip, Signing(SigningMode.Head, ("ada", _keys.Revoked(key))));
        Assert.Contains("is revoked", problem.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_that_was_changed_after_it_was_signed_is_refused(bool isPgp)
    {
        var key = isPgp ? _keys.OpenPgp("ada") : _keys.Ssh("ada");
        _git.Signer = key;
        _git.Commit("hold the line", ("a", "1"));
        var commit = Path.Combine(_directory.Path, "commit");
        await File.WriteAllTextAsync(commit, _git.Git("cat-file", "commit", "HEAD").Replace("hold the line", "hold the lime", StringComparison.Ordinal), Cancellation);
        _git.Reset(_git.Git("hash-object", "-t", "commit", "-w", commit).Trim());
        _git.Push();

        var problem = await HeldAsync(null, _git.Head, Signing(SigningMode.Head, ("ada", key)));
        Assert.Contains("changed after it was signed", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signer_with_paths_changes_nothing_else()
    {
        var (berlin, all) = (_keys.Ssh("berlin"), _keys.Ssh("all"));
        var signing = Signing(SigningMode.Every, ("all", all), ("berlin", berlin), "sites/berlin/**");
        _git.Signer = all;
        var published = _git.CommitAndPush("before", ("fleet.yaml", "1"), ("sites/berlin/a.yaml", "1"));
        _git.Signer = berlin;
        var within = _git.CommitAndPush("within", ("sites/berlin/x/b.yaml", "1"));
        Assert.IsType<CommitVerdict.Accepted>(await CheckAsync(published, within, signing));

        _git.Git("mv", "sites/berlin/a.yaml", "sites/a.yaml"); // a rename is two files
        var outside = _git.CommitAndPush("outside", ("fleet.yaml", "2"));
        var problem = await HeldAsync(published, outside, signing);
        Assert.Equal("PUB006", problem.Code);
        Assert.Contains($"commit {outside} of 'berlin' changes 'fleet.yaml', 'sites/a.yaml'", problem.What, StringComparison.Ordinal);

        // Nor as the newest commit that answers for others.
        Assert.Equal("PUB006", (await HeldAsync(published, outside, signing with { Mode = SigningMode.Head })).Code);
    }

    [Fact]
    public async Task Who_merges_answers_for_what_the_merge_itself_changes()
    {
        var (berlin, all) = (_keys.Ssh("berlin"), _keys.Ssh("all"));
        var signing = Signing(SigningMode.Every, ("all", all), ("berlin", berlin), "sites/berlin/**");
        _git.Signer = all;
        var published = _git.CommitAndPush("before", ("fleet.yaml", "1"), ("sites/berlin/a.yaml", "1"));
        _git.Switch("berlin", create: true);
        _git.Signer = berlin;
        _git.Commit("berlin", ("sites/berlin/a.yaml", "2"));
        _git.Switch("main");
        _git.Signer = all;
        var main = _git.Commit("all", ("fleet.yaml", "2"));
        _git.Signer = berlin;
        var good = _git.Merge("berlin");
        _git.Push();
        Assert.IsType<CommitVerdict.Accepted>(await CheckAsync(published, good, signing));

        // What others wrote, gone in a merge: either parent has it like that, and the merge is to blame.
        _git.Reset(main);
        var evil = _git.Merge("berlin", () => _git.Write("fleet.yaml", "1"));
        _git.Push(force: true);
        Assert.Contains($"commit {evil} of 'berlin' changes 'fleet.yaml'", (await HeldAsync(published, evil, signing)).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_merge_brings_is_signed_too()
    {
        var key = _keys.Ssh("ada");
        _git.Signer = key;
        var published = _git.CommitAndPush("before", ("a", "1"));
        _git.Switch("side", create: true);
        _git.Signer = null;
        var unsigned = _git.Commit("side", ("b", "1"));
        _git.Switch("main");
        _git.Signer = key;
        var merge = _git.Merge("side");
        _git.Push();

        Assert.Contains($"commit {unsigned} is not signed", (await HeldAsync(published, merge, Signing(SigningMode.Every, ("ada", key)))).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_newest_commit_of_a_rewritten_history_answers_for_all_that_differs()
    {
        var (berlin, all) = (_keys.Ssh("berlin"), _keys.Ssh("all"));
        var signing = Signing(SigningMode.Every, ("all", all), ("berlin", berlin), "sites/berlin/**");
        _git.Signer = all;
        var old = _git.CommitAndPush("old", ("fleet.yaml", "1"));
        var published = _git.CommitAndPush("published", ("fleet.yaml", "2"));
        await CheckAsync(null, published, signing); // the mirror has seen it
        _git.Reset(old);
        _git.Signer = berlin;
        var tip = _git.Commit("on the old one", ("sites/berlin/a.yaml", "1"));
        _git.Push(force: true);

        Assert.Contains("changes 'fleet.yaml'", (await HeldAsync(published, tip, signing)).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbm90aGluZw==\n-----END PGP PUBLIC KEY BLOCK-----\n")]
    [InlineData("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABWFiY2Rl")]
    public async Task A_key_that_is_only_shaped_like_one_is_said_before_anybody_has_to_sign_with_it(string key)
    {
        _git.CommitAndPush("one");
        var good = _keys.Ssh("bob");
        var signing = new CommitSigning(SigningMode.Every, [new CommitSigner("bob", good.Public, []), new CommitSigner("ada", key, [])]);
        var held = Assert.IsType<CommitVerdict.Held>(await new CommitCheck(_mirror!, TimeProvider.System).TryKeysAsync(signing, Cancellation));
        Assert.Equal("PUB007", held.Problem.Code);
        Assert.Contains("'ada'", held.Problem.What, StringComparison.Ordinal);
    }

    private static CommitSigning Signing(SigningMode mode, params (string Name, CommitKey Key)[] signers) =>
        new(mode, signers.Select(signer => new CommitSigner(signer.Name, signer.Key.Public, [])).ToEquatableArray());

    private static CommitSigning Signing(SigningMode mode, (string Name, CommitKey Key) all, (string Name, CommitKey Key) limited, string paths) => new(mode,
        [new CommitSigner(all.Name, all.Key.Public, []), new CommitSigner(limited.Name, limited.Key.Public, [paths])]);

    private async Task<CommitVerdict> CheckAsync(string? published, string tip, CommitSigning signing)
    {
        Assert.Equal(new FetchOutcome.Fetched(tip), await _mirror!.FetchAsync(Cancellation));
        return await new CommitCheck(_mirror, TimeProvider.System).CheckAsync(published, tip, signing, Cancellation);
    }

    private async Task<Problem> HeldAsync(string? published, string tip, CommitSigning signing) =>
        Assert.IsType<CommitVerdict.Held>(await CheckAsync(published, tip, signing)).Problem;
}
