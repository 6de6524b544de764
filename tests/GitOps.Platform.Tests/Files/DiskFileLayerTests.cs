using System.Text;
using GitOps.Platform.Files;
using GitOps.TestKit;
using GitOps.TestKit.Files;

namespace GitOps.Platform.Tests.Files;

public sealed class DiskFileLayerTests : IDisposable
{
    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> Layers => ["host", "beneath", "walking", "memory"];

    [Theory]
    [MemberData(nameof(Layers))]
    public void Every_layer_does_what_the_contract_says(string kind)
    {
        var layer = Layer(kind);
        var root = _directory.Path;
        layer.EnsureDirectory($"{root}/a/b", DirectoryMode);
        layer.CreateFile($"{root}/a/b/file", "one"u8, AtomicFile.Readable);
        layer.Append($"{root}/a/b/file", " two"u8);
        layer.Flush($"{root}/a/b/file");
        layer.FlushDirectory($"{root}/a/b");
        Assert.Equal("one two", Text(layer, $"{root}/a/b/file"));
        layer.Truncate($"{root}/a/b/file", 3);
        Assert.Equal("one", Text(layer, $"{root}/a/b/file"));
        var stat = layer.Stat($"{root}/a/b/file")!;
        Assert.Equal((FileKind.File, 3, AtomicFile.Readable, 1u), (stat.Kind, stat.SizeBytes, stat.Mode, stat.Links));

        layer.Link($"{root}/a/b/file", $"{root}/a/second");
        Assert.Equal(layer.Stat($"{root}/a/b/file")!.Inode, layer.Stat($"{root}/a/second")!.Inode);
        Assert.Equal(2u, layer.Stat($"{root}/a/second")!.Links);
        layer.Rename($"{root}/a/second", $"{root}/a/third");
        Assert.Equal(["b", "third"], layer.Enumerate($"{root}/a"));
        layer.SetMode($"{root}/a/third", AtomicFile.Private);
        Assert.Equal(AtomicFile.Private, layer.Stat($"{root}/a/b/file")!.Mode);

        layer.CreateDirectory($"{root}/a/c", DirectoryMode);
        var (one, other) = (layer.Stat($"{root}/a/b")!.Inode, layer.Stat($"{root}/a/c")!.Inode);
        layer.Exchange($"{root}/a/b", $"{root}/a/c");
        Assert.Equal((other, one), (layer.Stat($"{root}/a/b")!.Inode, layer.Stat($"{root}/a/c")!.Inode));
        Assert.Equal("one", Text(layer, $"{root}/a/c/file"));
        layer.Exchange($"{root}/a/c", $"{root}/a/b");
        layer.RemoveDirectory($"{root}/a/c");
        layer.FlushAll($"{root}/a/b");
        Assert.Equal(FileFault.NotFound, Fault(() => layer.Exchange($"{root}/a/b", $"{root}/a/none")));
        Assert.Equal(FileFault.NotFound, Fault(() => layer.FlushAll($"{root}/a/none")));

        layer.LinkSymbolically("b", $"{root}/a/link");
        Assert.Equal(("b", FileKind.Link), (layer.ReadLink($"{root}/a/link"), layer.Stat($"{root}/a/link")!.Kind));
        using (var stream = new StreamReader(layer.OpenRead($"{root}/a/third")))
        {
            Assert.Equal("one", stream.ReadToEnd());
        }

        Assert.Equal(FileFault.NotEmpty, Fault(() => layer.RemoveDirectory($"{root}/a/b")));
        Assert.Equal(FileFault.Exists, Fault(() => layer.CreateFile($"{root}/a/third", [], AtomicFile.Private)));
        Assert.Equal(FileFault.Exists, Fault(() => layer.CreateDirectory($"{root}/a", DirectoryMode)));
        Assert.Equal(FileFault.NotFound, Fault(() => layer.Unlink($"{root}/a/none")));
        Assert.Equal(FileFault.NotFound, Fault(() => layer.Rename($"{root}/a/none", $"{root}/a/other")));
        Assert.Equal(FileFault.NotDirectory, Fault(() => layer.CreateFile($"{root}/a/third/x", [], AtomicFile.Private)));
        Assert.Equal(FileFault.IsDirectory, Fault(() => layer.Read($"{root}/a", 10)));
        Assert.Equal(FileFault.TooLarge, Fault(() => layer.Read($"{root}/a/third", 2)));
        Assert.Equal(FileFault.Outside, Fault(() => layer.Read($"{root}/a/../a/third", 10)));
        Assert.Equal(FileFault.Outside, Fault(() => layer.Read("relative", 10)));
        Assert.Null(layer.Read($"{root}/a/none", 10));
        Assert.Null(layer.Stat($"{root}/none/none"));

        layer.RemoveTree($"{root}/a");
        Assert.Null(layer.Stat($"{root}/a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Beneath_a_root_no_link_is_followed_wherever_it_stands(bool walk)
    {
        var outside = _directory["outside"];
        Directory.CreateDirectory(outside);
        File.WriteAllText(outside + "/secret", "secret");
        var root = _directory["root"];
        Directory.CreateDirectory(root + "/real");
        File.CreateSymbolicLink(root + "/out", outside);
        File.CreateSymbolicLink(root + "/inside", root + "/real");
        File.CreateSymbolicLink(root + "/real/last", outside + "/secret");
        var layer = walk ? DiskFileLayer.BeneathByWalking(root) : DiskFileLayer.Beneath(root);

        Assert.Equal(FileFault.Link, Fault(() => layer.Read(root + "/out/secret", 100)));
        Assert.Equal(FileFault.Link, Fault(() => layer.CreateFile(root + "/out/new", [], AtomicFile.Private)));
        Assert.Equal(FileFault.Link, Fault(() => layer.CreateFile(root + "/inside/new", [], AtomicFile.Private)));
        Assert.Equal(FileFault.Link, Fault(() => layer.Read(root + "/real/last", 100)));
        Assert.Equal(FileFault.Link, Fault(() => layer.Append(root + "/real/last", "x"u8)));
        Assert.Equal(FileFault.Link, Fault(() => layer.SetMode(root + "/real/last", AtomicFile.Private)));
        Assert.Equal(FileFault.Outside, Fault(() => layer.Read(outside + "/secret", 100)));

        AtomicFile.Write(layer, root + "/real/last", "ours"u8); // replaces the link itself
        Assert.Equal("secret", File.ReadAllText(outside + "/secret"));
        Assert.Equal("ours", File.ReadAllText(root + "/real/last"));
        Assert.Equal(["last"], layer.Enumerate(root + "/real"));
        layer.RemoveTree(root + "/out");
        Assert.True(File.Exists(outside + "/secret"));
    }

    [Fact]
    public void An_atomic_write_replaces_content_mode_and_what_an_interrupted_one_left()
    {
        var path = _directory["file"];
        File.WriteAllText(AtomicFile.TemporaryPath(path), "half");
        AtomicFile.Write(DiskFileLayer.Host, path, "whole"u8, UnixFileMode.UserRead | UnixFileMode.SetUser);
        Assert.Equal("whole", File.ReadAllText(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.SetUser, DiskFileLayer.Host.Stat(path)!.Mode);
        Assert.Equal([path], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void An_owner_is_set_before_the_file_has_its_name()
    {
        var path = _directory["file"];
        if (!Environment.IsPrivilegedProcess)
        {
            NeedsPackage.Missing("only root may give files away");
        }

        AtomicFile.Write(DiskFileLayer.Host, path, "x"u8, AtomicFile.Readable | UnixFileMode.SetUser, new FileOwner(12, 34));
        var stat = DiskFileLayer.Host.Stat(path)!;
        Assert.Equal(new FileOwner(12, 34), stat.Owner);
        Assert.Equal(AtomicFile.Readable | UnixFileMode.SetUser, stat.Mode);
    }

    [Fact]
    public void A_file_of_the_kernel_is_read_although_it_says_it_is_empty() =>
        Assert.NotEmpty(DiskFileLayer.Host.Read("/proc/self/status", 1 << 20)!);

    [Fact]
    public void A_full_disk_is_told_as_that() =>
        Assert.Equal(FileFault.Full, Fault(() => DiskFileLayer.Host.Append("/dev/full", "x"u8)));

    [Fact]
    public void A_directory_of_thousands_is_listed_whole()
    {
        var names = Enumerable.Range(0, 1500).Select(i => $"a-rather-long-name-of-a-file-{i:d5}").ToList();
        names.ForEach(name => File.WriteAllText(_directory[name], ""));
        Assert.Equal(names, DiskFileLayer.Host.Enumerate(_directory.Path));
    }

    private IFileLayer Layer(string kind)
    {
        switch (kind)
        {
            case "beneath":
                return DiskFileLayer.Beneath(_directory.Path);
            case "walking":
                return DiskFileLayer.BeneathByWalking(_directory.Path);
            case "memory":
                var memory = new MemoryFileLayer();
                memory.EnsureDirectory(_directory.Path, DirectoryMode);
                return memory;
            default:
                return DiskFileLayer.Host;
        }
    }

    private static string Text(IFileLayer layer, string path) => Encoding.UTF8.GetString(layer.Read(path, 100)!);

    private static FileFault Fault(Action action) => Assert.Throws<FileLayerException>(action).Fault;
}
