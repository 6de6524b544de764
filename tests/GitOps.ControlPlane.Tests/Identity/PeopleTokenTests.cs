using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Identity;

public sealed class PeopleTokenTests
{
    [Fact]
    public void The_token_is_made_once_and_only_its_owner_reads_it()
    {
        using var directory = new TempDirectory();
        var path = directory["people.token"];

        PeopleToken.LoadOrCreate(DiskFileLayer.Host, path);
        var text = PeopleToken.Read(DiskFileLayer.Host, path)!;

        Assert.Equal(AtomicFile.Private, DiskFileLayer.Host.Stat(path)?.Mode);
        Assert.True(PeopleToken.LoadOrCreate(DiskFileLayer.Host, path).Matches(text));
        Assert.False(PeopleToken.LoadOrCreate(DiskFileLayer.Host, path).Matches(text + "x"));
        Assert.False(PeopleToken.LoadOrCreate(DiskFileLayer.Host, path).Matches(""));
    }

    [Fact]
    public void A_data_directory_stays_with_the_fleet_it_was_made_for()
    {
        using var directory = new TempDirectory();
        var data = new DataDirectory(directory["data"]);
        Assert.Null(FleetPin.Read(DiskFileLayer.Host, data));

        FleetPin.Keep(DiskFileLayer.Host, data, "one");
        FleetPin.Keep(DiskFileLayer.Host, data, "one");

        Assert.Equal("one", FleetPin.Read(DiskFileLayer.Host, data));
        Assert.Throws<InvalidOperationException>(() => FleetPin.Keep(DiskFileLayer.Host, data, "two"));
    }
}
