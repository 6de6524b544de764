using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;

namespace GitOps.Bundles.Tests;

/// <summary>
/// One document of each contract as a release wrote it, kept in <c>tests/wire</c>, which only grows: today's readers read all
/// of them. <c>UPDATE_GOLDEN=1</c> writes samples that are missing, never others.
/// </summary>
public sealed class WireSampleTests
{
    private const string Fleet = "3f0c6f4e-6f5e-4c7e-9b5e-0d2f5a0c1e11";
    private static readonly DateTimeOffset At = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Bundles_of_every_release_are_read_and_have_the_same_bytes_again()
    {
        Write("bundle-file-process-volume-clock-device.json", Samples.Bundle.ToBytes);
        Write("bundle-containers.json", GroupSamples.Bundle.ToBytes);
        Write("bundle-gates.json", GateSamples.Bundle.ToBytes);
        Write("bundle-agent.json", AgentSamples.Bundle.ToBytes);
        Write("bundle-uplink.json", LinkSamples.Bundle.ToBytes);
        Write("bundle-devices.json", DeviceSamples.Bundle.ToBytes);
        Write("bundle-clock.json", ClockSamples.Bundle.ToBytes);
        Write("bundle-clock-near.json", ClockSamples.Bundle.ToBytes);
        Write("bundle-clock-ptp.json", ClockSamples.Ptp.ToBytes);
        Write("bundle-devices-http.json", DeviceSamples.Bundle.ToBytes);
        Write("bundle-devices-mapper.json", MapperSamples.Bundle.ToBytes);
        Write("bundle-devices-alarms.json", DeviceSamples.Bundle.ToBytes);
        Write("bundle-devices-upstream.json", DeviceSamples.Bundle.ToBytes);
        Write("bundle-devices-login.json", DeviceSamples.Bundle.ToBytes);
        Write("bundle-sync.json", SyncSamples.Bundle.ToBytes);
        Write("bundle-backup.json", SyncSamples.Backup.ToBytes);
        Write("bundle-replica.json", SyncSamples.Replica.ToBytes);
        Write("bundle-edgex.json", EdgeXSamples.Bundle.ToBytes);
        Write("bundle-edgex-login.json", EdgeXSamples.Bundle.ToBytes);
        Write("bundle-sealed.json", SealedSamples.Bundle.ToBytes);
        Write("bundle-volume-image.json", VolumeSamples.Image.ToBytes);
        Write("bundle-volume-reserve.json", VolumeSamples.Reserve.ToBytes);
        Assert.All(All("bundle-"), bytes => Assert.Equal(bytes, Assert.IsType<BundleReading.Read>(BundleJson.Read(bytes)).Bundle.ToBytes()));
    }

    [Fact]
    public void What_was_signed_is_trusted_pointer_tombstone_root_and_head()
    {
        WriteSigned();
        foreach (var folder in Folders().Where(folder => File.Exists($"{folder}/root.json")))
        {
            var root = Assert.IsType<RootReading.Trusted>(RootStatement.ReadFirst(File.ReadAllBytes($"{folder}/root.json"))).Root;
            var next = Assert.IsType<RootReading.Trusted>(root.ReadNext(File.ReadAllBytes($"{folder}/root-next.json"))).Root;
            Assert.Equal((Fleet, 1L, 2L), (root.Fleet, root.Version, next.Version));
            var context = new PointerContext(Fleet, "press-1", next.PublicationKeys, 0, null);
            var accepted = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(File.ReadAllBytes($"{folder}/pointer.json"), context));
            Assert.Equal((17L, "c0ffee", Samples.Bundle.ToBytes().Length), (accepted.Pointer.Leaf.Generation, accepted.Statement.Revision, (int)accepted.Pointer.BundleBytes));
            var tombstone = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(File.ReadAllBytes($"{folder}/tombstone.json"), context));
            Assert.Equal(Decommission.Wipe, tombstone.Pointer.Leaf.Decommission);
            Assert.Equal(17, HeadStatement.TryRead(File.ReadAllBytes($"{folder}/head.json"), Fleet, next.PublicationKeys)?.Generation);
        }
    }

    [Fact]
    public void Reports_hints_and_acks_of_every_release_are_read_and_nothing_of_them_is_lost()
    {
        Write("report.json", () => ReportJson.Write(ReportTests.Sample));
        Write("report-sync.json", () => ReportJson.Write(ReportTests.WithSyncs));
        Write("report-backup.json", () => ReportJson.Write(ReportTests.WithSyncs));
        Write("report-clock.json", () => ReportJson.Write(ReportTests.Sample with { Clock = ReportTests.Sample.Clock! with { WorstErrorBoundMs = 7.25m } }));
        Write("hint.json", () => ReportJson.Write(new Hint(17)));
        Write("values.json", () => ReportTests.Lines(ReportTests.Values));
        Write("ack.json", () => ReportJson.Write(new Ack("00112233445566778899aabbccddeeff", 41)));
        Assert.All(All("report"), bytes => Assert.True(Same(bytes, ReportJson.Write(ReportJson.TryReadReport(bytes)!))));
        Assert.All(All("values"), bytes => Assert.Equal((ReportTests.Values.Length, 0), ValueLines.Read(bytes) is var read ? (read.Records.Count, read.Unreadable) : default));
        Assert.All(All("hint"), bytes => Assert.Equal(new Hint(17), ReportJson.TryReadHint(bytes)));
        Assert.All(All("ack"), bytes => Assert.Equal(41, ReportJson.TryReadAck(bytes)?.Sequence));
    }

    [Fact]
    public void A_time_that_was_stated_is_read()
    {
        const string Nonce = "00112233445566778899aabbccddeeff";
        if (!File.Exists(PathOf("time.json")) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            using var publisher = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
            Write("time-key.txt", () => Encoding.ASCII.GetBytes(publisher.Key.Spki));
            Write("time.json", () => new TimeStatement { Fleet = Fleet, Nonce = Nonce, Time = At }.Sign(publisher).ToBytes());
        }

        foreach (var folder in Folders().Where(folder => File.Exists($"{folder}/time.json")))
        {
            var spki = File.ReadAllText($"{folder}/time-key.txt");
            EquatableArray<TrustedKey> keys = [new TrustedKey(Digest.Of(Convert.FromBase64String(spki)).Hex, spki)];
            Assert.Equal(At, TimeStatement.TryRead(File.ReadAllBytes($"{folder}/time.json"), Fleet, Nonce, keys)?.Time);
        }
    }

    [Fact]
    public void Secrets_that_were_sealed_are_read()
    {
        if (!File.Exists(PathOf("sealed.json")) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            using var publisher = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
            Write("sealed-key.txt", () => Encoding.ASCII.GetBytes(publisher.Key.Spki));
            Write("sealed.json", () => SealedSamples.Of(Fleet).Sign(publisher).ToBytes());
        }

        foreach (var folder in Folders().Where(folder => File.Exists($"{folder}/sealed.json")))
        {
            var spki = File.ReadAllText($"{folder}/sealed-key.txt");
            EquatableArray<TrustedKey> keys = [new TrustedKey(Digest.Of(Convert.FromBase64String(spki)).Hex, spki)];
            Assert.Equal(SealedSamples.Of(Fleet), SealedSecrets.TryRead(File.ReadAllBytes($"{folder}/sealed.json"), Fleet, "press-1", keys));
        }
    }

    private static bool Same(byte[] left, byte[] right)
    {
        using var a = JsonDocument.Parse(left);
        using var b = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(a.RootElement, b.RootElement);
    }

    /// <summary>Together, because what they are signed with is forgotten.</summary>
    private static void WriteSigned()
    {
        if (File.Exists(PathOf("root.json")) || Environment.GetEnvironmentVariable("UPDATE_GOLDEN") != "1")
        {
            return;
        }

        using var owner = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        using var publisher = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        RootStatement Root(long version) => new()
        {
            Fleet = Fleet,
            Version = version,
            Threshold = 1,
            RootKeys = [owner.Key],
            PublicationKeys = [publisher.Key],
            Authorities = [],
        };
        var bytes = Samples.Bundle.ToBytes();
        Write("root.json", () => Root(1).Sign(owner).ToBytes());
        Write("root-next.json", () => Root(2).Sign(owner).ToBytes());
        Write("pointer.json", () => Publication.Sign(Fleet, 17, "c0ffee",
            [new PublicationEntry("press-1", Digest.Of(bytes), bytes.Length), new PublicationEntry("press-2", Digest.Of(bytes), bytes.Length)], publisher)[0].ToBytes());
        Write("tombstone.json", () => Publication.Sign(Fleet, 18, "c0ffee",
            [new PublicationEntry("press-1", null, 0) { Decommission = Decommission.Wipe }], publisher)[0].ToBytes());
        Write("head.json", () => new HeadStatement { Fleet = Fleet, Generation = 17, Time = At, ValidUntil = At.AddDays(2) }.Sign(publisher).ToBytes());
    }

    private static void Write(string name, Func<byte[]> today)
    {
        if (!File.Exists(PathOf(name)) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllBytes(PathOf(name), today());
        }
    }

    private static List<byte[]> All(string name)
    {
        List<byte[]> samples = [.. Folders().SelectMany(folder => Directory.EnumerateFiles(folder, $"{name}*.json")).Select(File.ReadAllBytes)];
        Assert.NotEmpty(samples);
        return samples;
    }

    private static string PathOf(string name) => Path.Combine(Wire(), "v1", name);

    private static IEnumerable<string> Folders() => Directory.EnumerateDirectories(Wire());

    private static string Wire([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "wire"));
}
