using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Secrets;
using GitOps.Agent.Host.Self;
using GitOps.Agent.Host.State;
using GitOps.Agent.Host.Storage;
using GitOps.Agent.Host.Storage.Replicas;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Agent.Secrets;
using GitOps.Agent.Self;
using GitOps.Agent.Storage;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Age;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Every writer of the agent whose work must outlive a power cut. A new one belongs here: a test looks for it.</summary>
internal static class DurableWriters
{
    private static readonly AgeIdentity SealKey = AgeIdentity.Generate();
    private static readonly ContentPart.Secret Hole = new("db", "value", Digest.Of("db"u8), null);

    public static ImmutableArray<DurableWriter> All { get; } =
    [
        new("the state: generations, intents, holds, root of trust", ["State/StateStore.cs"], 50,
            (layer, version) => Assert.Null(new StateStore(layer, "/state").Write(StateOf(version))), ReadState),
        new("a file at a path of the node", ["Files/FileDriver.cs", "Files/FileRecords.cs"], 160,
            (layer, version) => FileWriting.Converge(layer, FileWriting.Unit(version, adopt: false)), FileWriting.Read),
        new("a file that is taken over and given back", ["Files/FileDriver.cs", "Files/FileRecords.cs"], 60,
            FileWriting.TakeOrGiveBack, FileWriting.ReadTaken,
            layer => layer.CreateFile(FileWriting.Path, "theirs"u8, AtomicFile.Readable)),
        new("the directory of a process and its files", ["Processes/UnitDirectory.cs"], 4,
            (layer, version) => Assert.Null(Units(layer).Place("web", ProcessOf(version))), ReadUnit),
        new("what a shim is to run", ["Processes/ShimFiles.cs"], 160,
            (layer, version) => Runs(layer).WriteOrder("web", OrderOf(version)), ReadOrder),
        new("what a shim says of its run", ["Processes/ShimFiles.cs"], 160,
            (layer, version) => Runs(layer).WriteStatus("web", StatusOf(version)),
            (layer, _) => Runs(layer).ReadStatus("web")?.Restarts ?? 0),
        new("what a device was told", ["Devices/DeviceFiles.cs"], 160,
            (layer, version) => Assert.Null(Devices(layer).TryWriteMemory("plc", MemoryOf(version))), ReadMemory),
        new("the active alarms of a device", ["Devices/DeviceFiles.cs"], 160,
            (layer, version) => Assert.Null(Devices(layer).TryWriteAlarms("plc", AlarmsOf(version))), ReadAlarms),
        new("what a simulated device is", ["Devices/DeviceFiles.cs"], 120,
            (layer, version) => Assert.Null(Devices(layer).TryWriteSimulated("plc", SimulatedOf(version))), ReadSimulated),
        new("reports that wait", ["Transport/ReportSpool.cs"], 250, ReportWriting.Write, ReportWriting.Read),
        new("values that wait", ["Devices/Upstream/ValueSpool.cs"], 60, ValueWriting.Write, ValueWriting.Read),
        new("blobs", ["Store/LocalBlobs.cs", "Store/StoreClient.cs"], 150,
            (layer, version) => Blobs(layer).Write(Digest.Of(Bytes(version)), Bytes(version)), ReadBlobs),
        new("secrets that are sealed to the node", ["Secrets/SealedFiles.cs"], 20,
            (layer, version) => Sealed(layer).Take(SealedOf(version)), ReadSealed,
            layer => layer.CreateFile("/state/seal.key", Encoding.ASCII.GetBytes(SealKey.ToSecretText()), AtomicFile.Private)),
        new("chrony's configuration", ["Chrony/ClockDriver.cs"], 100, WriteConfig, ReadConfig,
            layer => layer.CreateFile(Config, "theirs"u8, AtomicFile.Readable)),
        new("chrony's servers", ["Chrony/ClockDriver.cs"], 160,
            (layer, version) => Clock(layer, new ClockStep.WriteSources("/state/chrony/ours.sources", DurableWriter.Text(version)) { Because = "test" }),
            (layer, _) => DurableWriter.VersionOf(layer.Read("/state/chrony/ours.sources", 10_000))),
        new("the history of the clock", ["Chrony/ClockHistoryLog.cs"], 60,
            WriteClockHistory,
            (layer, _) => layer.Read(ClockHistoryFile, ClockHistoryJson.MaxBytes) is { } bytes && ClockHistoryJson.TryRead(bytes)!.Samples is var samples
                ? (int)(samples[samples.Count - 1].BoundNs!.Value / 1_000_000_000) : 0),
        new("the history of generations", ["History/HistoryLog.cs"], 120,
            (layer, version) => new HistoryLog(layer, "/state/history.log").Note(new HistoryEntry(default, true, HistoryKind.Committed, version, "test")),
            (layer, _) => (int)(new HistoryLog(layer, "/state/history.log").Entries is [.., var last] ? last.Generation : 0)),
        new("bytes counted on a thin link", ["Links/LinkLedger.cs"], 100,
            (layer, version) => new LinkLedger(layer, Ledger, Budget, TimeProvider.System).Under(null).Count(1), ReadLedger),
        new("what is noted of a group of containers", ["Containers/GroupRecords.cs"], 120, ContainerWriting.WriteRecord, ContainerWriting.ReadRecord),
        new("files that containers mount", ["Containers/GroupFolders.cs"], 4, ContainerWriting.PlaceFiles, ContainerWriting.ReadFiles),
        new("which images were pulled", ["Containers/ImageRecords.cs"], 60, ContainerWriting.WriteImages, ContainerWriting.ReadImages),
        new("which agent runs, and a new one in its slot", ["Self/SlotFiles.cs"], 150, PlaceAgent, ReadAgent,
            layer => layer.EnsureDirectory("/state/blobs", DurableWriter.Open)),
        new("what is noted of a sync", ["Storage/Syncing/SyncFiles.cs"], 160,
            (layer, version) => new SyncFiles(layer, "/state/syncs").Write("recipes", new SyncMemory { Since = DateTimeOffset.UnixEpoch.AddTicks(version) }),
            (layer, _) => (int)((new SyncFiles(layer, "/state/syncs").Read("recipes")?.Since.UtcTicks ?? DateTimeOffset.UnixEpoch.Ticks) - DateTimeOffset.UnixEpoch.Ticks)),
        new("who a node is among replicas", ["Storage/Replicas/ReplicaIdentity.cs"], 40,
            (layer, version) => Assert.NotNull(new ReplicaIdentity(layer, Replica(version)).Get().Id),
            (layer, last) => Enumerable.Range(1, last + 1).TakeWhile(version => layer.Read($"{Replica(version)}/.replica.pem", 64 * 1024) is { } pem &&
                new ReplicaIdentity(layer, Replica(version)).Get().Pem.AsSpan().SequenceEqual(pem)).Count()),
        new("the tree of a sync", ["Storage/Syncing/SyncFolders.cs"], 4, SyncWriting.Publish, SyncWriting.Read),
        new("a restored tree", ["Storage/Backups/RestoreTree.cs"], 4, SyncWriting.Restore, SyncWriting.ReadRestored),
        new("the node's key and certificate", ["Identity/IdentityKeeper.cs"], 40, IdentityWriting.Renew, IdentityWriting.Read),
        new("the directory of a volume", ["Storage/VolumeDriver.cs"], 200, MakeVolume, ReadVolumes),
        new("the image of a volume", ["Storage/VolumeImages.cs"], 60, ImageWriting.Make, ImageWriting.Read),
    ];

    private const string Config = "/state/chrony.conf";
    private const string ClockHistoryFile = "/state/clock/history.json";

    private static void WriteClockHistory(IFileLayer layer, int version)
    {
        var log = new ClockHistoryLog(layer, ClockHistoryFile, TimeProvider.System);
        log.Note(new ClockMeasure(0, version, 3, "test"));
        log.Keep();
    }

    /// <summary>It is made once only: each version is another node.</summary>
    private static string Replica(int version) => $"/state/{version}";

    private static SealedFiles Sealed(IFileLayer layer) => new(layer, "/state/sealed", "/state/seal.key");

    private static SealedSecrets SealedOf(int version) => new()
    {
        Fleet = "fleet",
        Node = "press-1",
        Recipient = SealKey.Recipient.ToString(),
        Secrets = [new SealedSecret(Hole.Version, Convert.ToBase64String(
            AgeFile.Seal(SecretValues.Write([new("value", DurableWriter.Text(version))]), [SealKey.Recipient])))],
    };

    private static int ReadSealed(IFileLayer layer, int last)
    {
        var (value, problem) = Sealed(layer).Read(Hole);
        Assert.True(value is not null || problem!.Code == SecretCodes.NotHere.Id, problem?.What);
        return value is null ? 0 : DurableWriter.VersionOf(value);
    }

    private const string Ledger = "/state/link.json";

    /// <summary>As an update does: the executable first, then the record that names it.</summary>
    private static void PlaceAgent(IFileLayer layer, int version)
    {
        var files = new SlotFiles(layer, "/state");
        var state = files.IsThere ? files.Read() : SlotState.Initial;
        var slot = new Slot(SlotMachine.FreeSlot(state), $"{version}.0.0", Digest.Of(Bytes(version)));
        Blobs(layer).Write(slot.Executable, Bytes(version));
        Assert.Null(files.Place(slot.Number, Blobs(layer).PathOf(slot.Executable), slot.Executable));
        files.Write(SlotMachine.Confirm(SlotMachine.Begin(state, slot, TimeSpan.FromSeconds(1), mustReach: true), "0.1.0"));
    }

    /// <summary>Whatever is recorded as good is there, whole and executable.</summary>
    private static int ReadAgent(IFileLayer layer, int last)
    {
        var files = new SlotFiles(layer, "/state");
        if ((files.IsThere ? files.Read() : SlotState.Initial).Good is not { } good)
        {
            return 0;
        }

        Assert.True(files.IsWhole(good));
        Assert.Equal(SlotFiles.Mode, layer.Stat(files.PathOf(good.Number))!.Mode);
        return Version.Parse(good.Version).Major;
    }

    private static LinkPolicy Budget => new() { Budget = new(1_000_000, 30) };

    private static readonly Unit Anything = new("any", new ClockSpec { Servers = [], MaxErrorMs = 1 });

    private static byte[] Bytes(int version) => Encoding.UTF8.GetBytes(DurableWriter.Text(version));

    private static DurableState StateOf(int version) => new()
    {
        Generations = new GenerationState { SeenGeneration = version },
        Root = DurableWriter.Text(version),
        Owned =
        [
            new OwnedUnit(FileWriting.Unit(version, adopt: false), null),
            new OwnedUnit(null, new Unit("web", new WorkloadSpec { Process = ProcessOf(version) })),
        ],
    };

    private static int ReadState(IFileLayer layer, int last)
    {
        var (state, problem) = new StateStore(layer, "/state").Read();
        Assert.Null(problem);
        var version = (int)state!.Generations.SeenGeneration;
        Assert.Equal(version == 0 ? DurableState.Initial : StateOf(version), state);
        return version;
    }

    private static UnitDirectory Units(IFileLayer layer) =>
        new(layer, "/state/units", new ContentResolver(layer, Blobs(layer)));

    private static ProcessSpec ProcessOf(int version) => new()
    {
        Command = ["./run"],
        Files =
        [
            new UnitFile("deep/settings", [new ContentPart.Text(DurableWriter.Text(version))]),
            new UnitFile("run", [new ContentPart.Text(DurableWriter.Text(version))]) { Mode = "0755" },
        ],
    };

    /// <summary>Both files of one version, whichever it is, and found under the digest of that version.</summary>
    private static int ReadUnit(IFileLayer layer, int last)
    {
        if (Units(layer).CurrentFiles("web") is not { } digest)
        {
            return 0;
        }

        var home = Units(layer).CurrentPath("web");
        var version = DurableWriter.VersionOf(layer.Read($"{home}/run", 10_000));
        Assert.Equal(version, DurableWriter.VersionOf(layer.Read($"{home}/deep/settings", 10_000)));
        Assert.Equal(GitOps.Agent.Workloads.WorkloadKey.OfFiles(ProcessOf(version)), digest);
        Assert.Equal(DurableWriter.Open, layer.Stat($"{home}/run")!.Mode);
        return version;
    }

    private static ShimFiles Runs(IFileLayer layer)
    {
        layer.EnsureDirectory("/state/runs", DurableWriter.Open);
        return new(layer, "/state/runs");
    }

    private static ShimOrder OrderOf(int version) => new(1, "run", "key", 1, version, ["run", DurableWriter.Text(version)], "/")
    {
        LogPath = "/log",
        LogMaxBytes = 1,
        LogFiles = 1,
    };

    private static int ReadOrder(IFileLayer layer, int last)
    {
        if (Runs(layer).ReadOrder("web") is not { } order)
        {
            Assert.Null(layer.Stat("/state/runs/web.order.json"));
            return 0;
        }

        return DurableWriter.VersionOf(Encoding.UTF8.GetBytes(order.Command[1]));
    }

    private static ShimStatus StatusOf(int version) =>
        new(1, DurableWriter.Text(version), "key", 1, version, "boot", new ProcessMark(1, 1)) { StartedAtMs = 1 };

    private static DeviceFiles Devices(IFileLayer layer) => new(layer, "/state/devices");

    private static DeviceMemory MemoryOf(int version) =>
        new DeviceMemory().With(new PropertyMemory("setpoint", Digest.Of(Bytes(version)), MemoryStage.Writing));

    private static AlarmMemory AlarmsOf(int version) =>
        new([new KeptAlarm("hot", new Moment(new BootTime("boot", TimeSpan.FromSeconds(version)), DateTimeOffset.UnixEpoch, true), null)]);

    private static int ReadAlarms(IFileLayer layer, int last)
    {
        var alarms = Devices(layer).ReadAlarms("plc");
        var version = alarms.Active.IsEmpty ? 0 : (int)alarms.Active[0].Since.Boot.Uptime.TotalSeconds;
        Assert.Equal(version == 0 ? AlarmMemory.Nothing : AlarmsOf(version), alarms);
        return version;
    }

    private static int ReadMemory(IFileLayer layer, int last) =>
        VersionOf(Devices(layer).ReadMemory("plc"), new DeviceMemory(), MemoryOf, last);

    private static ImmutableSortedDictionary<string, string> SimulatedOf(int version) =>
        ImmutableSortedDictionary<string, string>.Empty.Add("setpoint", version.ToString(CultureInfo.InvariantCulture));

    private static int ReadSimulated(IFileLayer layer, int last) =>
        Devices(layer).ReadSimulated("plc") is { IsEmpty: false } written ? int.Parse(written["setpoint"], CultureInfo.InvariantCulture) : 0;

    /// <summary>Which version an opaque value is.</summary>
    private static int VersionOf<T>(T found, T none, Func<int, T> of, int last) =>
        Equals(found, none) ? 0 : Equals(found, of(last)) ? last : Equals(found, of(last + 1)) ? last + 1 : -1;

    private static LocalBlobs Blobs(IFileLayer layer) => new(layer, "/state/blobs");

    /// <summary>The newest that is there; each one that is there is whole.</summary>
    private static int ReadBlobs(IFileLayer layer, int last)
    {
        for (var version = last + 1; version > 0; version--)
        {
            if (Blobs(layer).Has(Digest.Of(Bytes(version))))
            {
                Assert.Equal(Bytes(version), Blobs(layer).Read(Digest.Of(Bytes(version))));
                return version;
            }
        }

        return 0;
    }

    private static int ReadLedger(IFileLayer layer, int last) => layer.Read(Ledger, 100_000) is { } bytes
        ? (int)JsonSerializer.Deserialize(bytes, LedgerContext.Default.LedgerDocument)!.Days.Sum(d => d.Bytes)
        : 0;

    private static void Clock(IFileLayer layer, ClockStep step) => Assert.IsType<StepOutcome.Done>(FileWriting.Now(
        new ClockDriver(layer, control: null, chronyc: null, ptp: null, (_, _) => throw new NotSupportedException(), new ClockHistoryLog(layer, ClockHistoryFile, TimeProvider.System), TimeProvider.System)
            .ApplyAsync(Anything, step, default)));

    /// <summary>Every fourth version gives back what was there before the first.</summary>
    private static void WriteConfig(IFileLayer layer, int version)
    {
        if (version % 4 == 0)
        {
            if (layer.Stat($"{Config}.original") is not null)
            {
                Clock(layer, new ClockStep.RestoreConfig(Config, $"{Config}.original") { Because = "test" });
            }

            return;
        }

        Clock(layer, new ClockStep.WriteConfig(Config, DurableWriter.Text(version), KeepAs: $"{Config}.original") { Because = "test" });
    }

    private static int ReadConfig(IFileLayer layer, int last)
    {
        var bytes = layer.Read(Config, 10_000);
        Assert.NotNull(bytes); // at no moment is it nowhere
        if (bytes.AsSpan().SequenceEqual("theirs"u8))
        {
            return last % 4 == 0 ? last : last + 1;
        }

        Assert.Equal("theirs"u8, layer.Read($"{Config}.original", 10_000)!);
        return DurableWriter.VersionOf(bytes);
    }

    /// <summary>A directory for each version, with its mode; the one before the last goes.</summary>
    private static void MakeVolume(IFileLayer layer, int version)
    {
        var roots = new PolicyRoots(layer, ["/state"], _ => layer);
        var driver = new VolumeDriver(layer, roots, new VolumeImages(layer, roots, new ImageWriting.Programs(layer), _ => null, _ => long.MaxValue), new FixedTrust(true), TimeProvider.System);
        var unit = new Unit("data", new VolumeSpec { Path = VolumeAt(version) });
        Apply(new VolumeStep.Create(VolumeAt(version), "0750", new NodeOwner(null, null)) { Because = "test" });
        Apply(new VolumeStep.RemoveTree(VolumeAt(version - 1)) { Because = "test" });

        void Apply(VolumeStep step) => Assert.IsType<StepOutcome.Done>(FileWriting.Now(driver.ApplyAsync(unit, step, default)));
    }

    private static string VolumeAt(int version) => string.Create(CultureInfo.InvariantCulture, $"/state/volumes/{version}");

    private static int ReadVolumes(IFileLayer layer, int last)
    {
        bool[] there = [layer.Stat(VolumeAt(last)) is not null, layer.Stat(VolumeAt(last + 1)) is not null];
        Assert.True(last == 0 || there[0] || there[1], "there is always one of the two");
        return there[1] && !there[0] ? last + 1 : last;
    }
}
