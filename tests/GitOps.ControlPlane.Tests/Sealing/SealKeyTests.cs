using GitOps.ControlPlane.Sealing;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Sealing;

public sealed class SealKeyTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_is_made_once_and_closed_to_others()
    {
        var keys = Enumerable.Range(0, 2).Select(_ => SealKey.LoadOrCreate(DiskFileLayer.Host, _folder["keys/age.key"]).Identity!.Recipient).ToList();
        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat(_folder["keys/age.key"])!.Mode);
    }

    [Fact]
    public void What_is_no_key_is_never_written_over()
    {
        File.WriteAllText(_folder["age.key"], "something of a person's");
        Assert.Equal(SealingCodes.KeyUnreadable.Id, SealKey.LoadOrCreate(DiskFileLayer.Host, _folder["age.key"]).Problem?.Code);
        Assert.Equal("something of a person's", File.ReadAllText(_folder["age.key"]));
    }

    [Fact]
    public void Two_programs_never_make_two()
    {
        using (CommandLock.TryTake(_folder["age.key.lock"], out _))
        {
            Assert.NotNull(SealKey.LoadOrCreate(DiskFileLayer.Host, _folder["age.key"]).Problem);
        }

        Assert.NotNull(SealKey.LoadOrCreate(DiskFileLayer.Host, _folder["age.key"]).Identity);
    }
}
