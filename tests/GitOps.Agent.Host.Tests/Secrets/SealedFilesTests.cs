using System.Text;
using GitOps.Agent.Host.Secrets;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Secrets;

public sealed class SealedFilesTests : IDisposable
{
    private static readonly ContentPart.Secret Hole = new("db", "value", Digest.Of("db"u8), null);
    private static readonly AgeIdentity Ours = AgeIdentity.Generate();
    private static readonly AgeIdentity Others = AgeIdentity.Generate();

    private readonly TempDirectory _directory = new();
    private readonly SealedFiles _files;

    public SealedFilesTests()
    {
        _files = new SealedFiles(DiskFileLayer.Host, _directory["sealed"], _directory["seal.key"]);
        Use(Ours);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_opens_gives_way_only_to_what_opens_too()
    {
        _files.Take(Sealed("first", Ours));
        _files.Take(Sealed("to another key", Others));
        Assert.Equal("first", Read());

        _files.Take(Sealed("second", Ours));
        Assert.Equal("second", Read());
    }

    [Fact]
    public void What_does_not_open_gives_way_to_anything_as_the_key_may_change()
    {
        _files.Take(Sealed("early", Others));
        Assert.Null(Read());
        _files.Take(Sealed("late", Others));
        Use(Others);
        Assert.Equal("late", Read());
    }

    [Fact]
    public void What_is_here_already_is_not_written_again()
    {
        var document = Sealed("first", Ours);
        _files.Take(document);
        var before = DiskFileLayer.Host.Stat(PathOf())!;

        _files.Take(document);

        Assert.Equal(before, DiskFileLayer.Host.Stat(PathOf())); // a file that is written is another inode
    }

    private string? Read() => _files.Read(Hole).Value is { } value ? Encoding.UTF8.GetString(value) : null;

    private void Use(AgeIdentity key) => File.WriteAllText(_directory["seal.key"], key.ToSecretText());

    private string PathOf() => Directory.GetFiles(_directory["sealed"]).Single();

    private static SealedSecrets Sealed(string value, AgeIdentity to) => new()
    {
        Fleet = "fleet",
        Node = "press-1",
        Recipient = to.Recipient.ToString(),
        Secrets = [new SealedSecret(Hole.Version, Convert.ToBase64String(AgeFile.Seal(SecretValues.Write([new("value", value)]), [to.Recipient])))],
    };
}
