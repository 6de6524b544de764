using System.Text;
using GitOps.Platform.Files;
using GitOps.Platform.Identity;
using GitOps.TestKit.Files;

namespace GitOps.Platform.Tests.Identity;

public sealed class IdentityFolderTests
{
    private const string Folder = "/etc/node";

    [Fact]
    public void A_power_cut_at_any_moment_leaves_nothing_or_a_whole_identity() => CrashReplay.Check<string>(
        (layer, written) =>
        {
            foreach (var key in new[] { "first", "second", "third" })
            {
                IdentityFolder.Write(layer, Folder, Files(key));
                written(key);
            }
        },
        (layer, written) =>
        {
            if (!IdentityFolder.IsIn(layer, Folder))
            {
                Assert.Empty(written);
                Assert.Null(layer.Stat(Folder));
                return;
            }

            var key = Read(layer, IdentityFolder.Key);
            Assert.Contains(key, written.Count == 0 ? ["first"] : written.Count == 1 ? ["first", "second"] : new[] { "second", "third" });
            foreach (var name in new[] { IdentityFolder.SealKey, IdentityFolder.Certificate, IdentityFolder.Authority, IdentityFolder.Root })
            {
                Assert.Equal(key, Read(layer, name));
            }

            Assert.Equal(IdentityFiles.RestrictivePolicy, Encoding.UTF8.GetString(layer.Read($"{Folder}/{IdentityFolder.Policy}", 10_000)!));
            Assert.Equal(AtomicFile.Private, layer.Stat($"{Folder}/{IdentityFolder.Key}")!.Mode);
            Assert.Equal(AtomicFile.Private, layer.Stat($"{Folder}/{IdentityFolder.SealKey}")!.Mode);
        });

    [Fact]
    public void What_a_person_put_into_the_folder_stays_and_what_belongs_to_the_identity_before_goes()
    {
        var layer = new MemoryFileLayer();
        IdentityFolder.Write(layer, Folder, Files("first") with { GenerationFloor = 17 });
        Assert.Equal(17, IdentityFolder.ReadFloor(layer, $"{Folder}/{IdentityFolder.Floor}"));
        AtomicFile.Write(layer, $"{Folder}/{IdentityFolder.Policy}", "mine"u8);
        AtomicFile.Write(layer, $"{Folder}/logins.json", "logins"u8);
        AtomicFile.Write(layer, $"{Folder}/node.key.next", "pending"u8);

        IdentityFolder.Write(layer, Folder, Files("second"));

        Assert.Equal(("second", "mine", "logins"), (Read(layer, IdentityFolder.Key), Read(layer, IdentityFolder.Policy), Read(layer, "logins.json")));
        Assert.Null(layer.Stat($"{Folder}/node.key.next"));
        Assert.Equal(0, IdentityFolder.ReadFloor(layer, $"{Folder}/{IdentityFolder.Floor}"));
        Assert.Equal(["node"], layer.Enumerate("/etc"));
    }

    [Fact]
    public void Folders_and_links_of_a_person_stay_too()
    {
        var layer = new MemoryFileLayer();
        IdentityFolder.Write(layer, Folder, Files("first"));
        layer.CreateDirectory($"{Folder}/authorities", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead);
        layer.CreateDirectory($"{Folder}/authorities/old", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        AtomicFile.Write(layer, $"{Folder}/authorities/old/proxy.crt", "proxy"u8);
        layer.LinkSymbolically("../shared/logins.json", $"{Folder}/logins.json");
        var mode = layer.Stat($"{Folder}/authorities")!.Mode;

        IdentityFolder.Write(layer, Folder, Files("second"));

        Assert.Equal(("second", "proxy"), (Read(layer, IdentityFolder.Key), Read(layer, "authorities/old/proxy.crt")));
        Assert.Equal(mode, layer.Stat($"{Folder}/authorities")!.Mode);
        Assert.Equal("../shared/logins.json", layer.ReadLink($"{Folder}/logins.json"));
    }

    [Fact]
    public void Keys_are_not_in_the_text_of_the_record() =>
        Assert.DoesNotContain("first", Files("first").ToString(), StringComparison.Ordinal);

    private static string Read(IFileLayer layer, string name) => Encoding.UTF8.GetString(layer.Read($"{Folder}/{name}", 10_000)!).Trim();

    private static IdentityFiles Files(string key) =>
        new("fleet", "press-1", key, key, key, Encoding.UTF8.GetBytes(key), new Uri("https://gitops.example:8443")) { SealKey = key };
}
