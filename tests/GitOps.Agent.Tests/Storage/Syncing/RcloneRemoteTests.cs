using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Storage.Syncing;

public sealed class RcloneRemoteTests
{
    private static readonly RemoteSecrets None = new(null, null, null, null);

    /// <summary>As <c>rclone reveal</c> of version 1.60 reads it.</summary>
    [Fact]
    public void A_password_is_obscured_as_rclone_reads_it() => Assert.Equal(
        "AAECAwQFBgcICQoLDA0OD2C_F0R0oTflv0UoCmLAok1ChA4ts6HHpZETx75FRQ9DV-tvfBs", RcloneRemote.Obscure("a password of more than sixteen bytes", Salt));

    private static byte[] Salt { get; } = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    [Fact]
    public void A_bucket_is_signed_for_and_never_made()
    {
        var remote = new SyncRemote { Kind = RemoteKind.S3, Url = "https://minio:9000", Region = "eu", Bucket = "plant", Path = "a/b" };
        var variables = RcloneRemote.Environment(remote, None with { AccessKeyId = "id", SecretAccessKey = "key" }, Salt, null);

        Assert.Equal("r:plant/a/b", RcloneRemote.Address(remote));
        Assert.Equal(
            ["ACCESS_KEY_ID=id", "ENDPOINT=https://minio:9000", "NO_CHECK_BUCKET=true", "PROVIDER=Other", "REGION=eu", "SECRET_ACCESS_KEY=key", "TYPE=s3"],
            variables.Select(v => $"{v.Key["RCLONE_CONFIG_R_".Length..]}={v.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("AWS", RcloneRemote.Environment(remote with { Url = null }, None, Salt, null)["RCLONE_CONFIG_R_PROVIDER"]);
    }

    [Fact]
    public void A_host_has_to_have_its_key_and_a_private_key_is_one_line()
    {
        var remote = new SyncRemote { Kind = RemoteKind.Sftp, Host = "nas", User = "press", HostKey = "ssh-ed25519 AAAA" };

        Assert.Equal("nas ssh-ed25519 AAAA\n", RcloneRemote.KnownHost(remote));
        Assert.Equal("[nas]:2222 ssh-ed25519 AAAA\n", RcloneRemote.KnownHost(remote with { Port = 2222 }));
        Assert.Equal("a\\nb\\n", RcloneRemote.Environment(remote, None with { PrivateKey = "a\r\nb\n" }, Salt, "/hosts")["RCLONE_CONFIG_R_KEY_PEM"]);
    }

    [Fact]
    public void Progress_and_the_last_error_are_taken_from_what_rclone_says()
    {
        var log = new RcloneLog();

        Assert.True(log.Add("""{"level":"warning","msg":"...","stats":{"bytes":8,"totalBytes":20,"speed":1.5,"eta":null}}"""));
        Assert.False(log.Add("""{"level":"error","msg":"a.txt: failed\nto copy"}"""));
        Assert.False(log.Add("""{"level":"notice","msg":"something else"}"""));

        Assert.Equal(new(8, 20), log.Progress);
        Assert.Equal("a.txt: failed to copy", log.Error);
        Assert.False(log.Add("panic: not JSON"));
        Assert.Equal("panic: not JSON", log.Error);
        Assert.False(log.Add("2026/11/30 09:10:50 Failed to lsjson: SignatureDoesNotMatch: check your key"));
        Assert.False(log.Add("\tstatus code: 403, request id: , host id: "));
        Assert.EndsWith("SignatureDoesNotMatch: check your key", log.Error, StringComparison.Ordinal);
    }
}
