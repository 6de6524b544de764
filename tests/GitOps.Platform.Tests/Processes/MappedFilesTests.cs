using GitOps.Platform.Processes;

namespace GitOps.Platform.Tests.Processes;

public sealed class MappedFilesTests
{
    private const string Smaps = """
        1000-3000 r--p 00000000 fe:00 12345                      /usr/bin/gitops-agent
        Size:                  8 kB
        Anonymous:             0 kB
        Swap:                  0 kB
        SwapPss:               0 kB
        VmFlags: rd mr mw me sd
        3000-7000 r-xp 00002000 fe:00 12345                      /usr/bin/gitops-agent
        Anonymous:             0 kB
        Swap:                  0 kB
        7000-8000 r--p 00006000 fe:00 12345                      /usr/bin/gitops-agent
        Private_Dirty:         4 kB
        Anonymous:             4 kB
        Swap:                  0 kB
        8000-9000 rw-p 00007000 fe:00 12345                      /usr/bin/gitops-agent
        Anonymous:             0 kB
        Swap:                  0 kB
        9000-a000 r--s 00000000 fe:00 999                        /var/lib/shared
        Anonymous:             0 kB
        Swap:                  0 kB
        a000-b000 r--p 00000000 00:00 0
        Anonymous:             0 kB
        Swap:                  0 kB
        b000-c000 r-xp 00000000 00:00 0                          [vdso]
        Anonymous:             0 kB
        Swap:                  0 kB
        c000-d000 r-xp 00000000 fe:00 77                         /usr/lib/a library (deleted)
        Anonymous:             0 kB
        Swap:                  0 kB
        d000-e000 r--p 00007000 fe:00 12345                      /usr/bin/gitops-agent
        Anonymous:             0 kB
        Swap:                  4 kB
        e000-f000 r--p 00008000 fe:00 12345                      /usr/bin/gitops-agent
        Anonymous:             0 kB
        f000-10000 r--p 00009000 fe:00 12345                     /usr/bin/gitops-agent
        Swap:                  0 kB
        Anonymous:             0 kB
        """;

    [Fact]
    public void Only_what_is_as_on_disk_and_stays_so_is_let_go_of() =>
        Assert.Equal([(0x1000, 0x3000), (0x3000, 0x7000), (0xc000, 0xd000), (0xf000, 0x10000)], MappedFiles.Unchanged(Smaps.Split('\n')));

    [Fact]
    public void What_is_let_go_of_comes_back_when_it_is_needed()
    {
        var before = Sorted();

        MappedFiles.Release();

        Assert.Equal(before, Sorted());
        static string Sorted() => string.Join(',', "relocation".Order());
    }
}
