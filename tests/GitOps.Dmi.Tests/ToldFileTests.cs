using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Dmi.Devices;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Dmi.Tests;

/// <summary>What gitops-dmi keeps of mappers and their devices, in every state that a power cut may leave.</summary>
public sealed class ToldFileTests
{
    private const string Folder = "/state/mappers";

    [Fact]
    public void After_a_power_cut_it_knows_what_it_had_answered_for_or_what_came_right_after()
    {
        var states = CrashReplay.Check<int>(
            (layer, answered) =>
            {
                var book = new DeviceBook(TimeProvider.System);
                using var told = new ToldFile(layer, Folder, book);
                for (var version = 1; version <= 60; version++)
                {
                    Tell(book, version);
                    Save(told);
                    answered(version);
                }
            },
            (layer, answered) =>
            {
                var last = answered.Count == 0 ? 0 : answered[^1];
                var found = Read(layer);
                Assert.InRange(found, last, last + 1);
            },
            new CrashOptions(Setup: layer => layer.EnsureDirectory(Folder, AtomicFile.Private)));
        Assert.True(states > 500, $"{states} states");
    }

    [Fact]
    public async Task What_was_kept_before_is_read()
    {
        var path = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "wire", "v1", "dmi-told.json");
        var (layer, book) = (new MemoryFileLayer(), new DeviceBook(TimeProvider.System));
        layer.EnsureDirectory(Folder, AtomicFile.Private);
        Tell(book, 3);
        using (var told = new ToldFile(layer, Folder, book))
        {
            Assert.Null(await told.SaveAsync(TestContext.Current.CancellationToken));
        }

        var written = new SlotStore(layer, Folder, "told", 1 << 20).Read() is SlotRead.Value(var content, _) ? content.ToArray() : [];
        if (!File.Exists(path) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            await File.WriteAllBytesAsync(path, written, TestContext.Current.CancellationToken);
        }

        var kept = ToldFile.TryRead(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken))!;
        Assert.Equal(ToldFile.TryRead(written)!.Devices, kept.Devices);
        Assert.Equal(ToldFile.TryRead(written)!.Mappers, kept.Mappers);
        Assert.Null(ToldFile.TryRead("{\"format\":2}"u8));
        Assert.Null(ToldFile.TryRead("nonsense"u8));
    }

    /// <summary>One mapper and three devices; which they have says the version.</summary>
    private static void Tell(DeviceBook book, int version) => book.Restore(
        [("test", $"/run/{version}.sock")],
        Enumerable.Range(0, 3).Select(i => ($"oven-{i}", new Told("test", Digest(version)))));

    /// <summary>The replay's layer is in memory and its writes are done when they return.</summary>
    private static void Save(ToldFile told)
    {
        var saving = told.SaveAsync(TestContext.Current.CancellationToken);
        Assert.True(saving.IsCompletedSuccessfully);
        Assert.Null(saving.Result);
    }

    private static string Digest(int version) => string.Create(CultureInfo.InvariantCulture, $"{version}:") + new string('d', 100 + (version * 97 % 900));

    /// <summary>The version that is found, whole; 0 for none.</summary>
    private static int Read(IFileLayer layer)
    {
        var book = new DeviceBook(TimeProvider.System);
        using var told = new ToldFile(layer, Folder, book);
        told.Load();
        var (mappers, devices) = book.Keep();
        if (mappers.Count == 0)
        {
            Assert.Empty(devices);
            return 0;
        }

        var version = int.Parse(Path.GetFileNameWithoutExtension(Assert.Single(mappers).Address), CultureInfo.InvariantCulture);
        Assert.Equal(3, devices.Count);
        Assert.All(devices, device => Assert.Equal(Digest(version), device.Told.Digest));
        return version;
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
