using System.Collections.Immutable;
using GitOps.Agent.Devices;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Devices;

/// <summary>What is kept of devices on disk: two slots per device for its memory, for its active alarms, and for what a simulated one was told.</summary>
internal sealed class DeviceFiles(IFileLayer files, string directory)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What cannot be read counts as nothing: the older slot was tried, and a value is at worst written once more.</summary>
    public DeviceMemory ReadMemory(string device) =>
        DeviceMemoryJson.TryRead(Read($"{device}.memory")) ?? new DeviceMemory();

    /// <summary>Why the memory does not hold, or null.</summary>
    public string? TryWriteMemory(string device, DeviceMemory memory) => TryWrite($"{device}.memory", DeviceMemoryJson.Write(memory));

    /// <summary>What cannot be read counts as none: alarms are decided anew by what is read.</summary>
    public AlarmMemory ReadAlarms(string device) => AlarmMemory.TryRead(Read($"{device}.alarms")) ?? AlarmMemory.Nothing;

    public string? TryWriteAlarms(string device, AlarmMemory alarms) => TryWrite($"{device}.alarms", alarms.Write());

    public ImmutableSortedDictionary<string, string> ReadSimulated(string device) =>
        SimulatedDevice.TryRead(Read($"{device}.simulated")) ?? ImmutableSortedDictionary<string, string>.Empty;

    public string? TryWriteSimulated(string device, ImmutableSortedDictionary<string, string> written) =>
        TryWrite($"{device}.simulated", SimulatedDevice.Write(written));

    /// <summary>Forgets a device; what a power cut leaves of it is forgotten again.</summary>
    public string? TryForget(string device)
    {
        try
        {
            foreach (var name in (string[])[$"{device}.memory.0", $"{device}.memory.1", $"{device}.alarms.0", $"{device}.alarms.1", $"{device}.simulated.0", $"{device}.simulated.1"])
            {
                files.UnlinkIfThere($"{directory}/{name}");
            }

            if (files.Stat(directory) is not null)
            {
                files.FlushDirectory(directory);
            }

            return null;
        }
        catch (FileLayerException failure)
        {
            return failure.Message;
        }
    }

    private SlotStore Slot(string name) => new(files, directory, name, DeviceMemoryJson.MaxBytes);

    private ReadOnlySpan<byte> Read(string name) => Slot(name).Read() switch
    {
        SlotRead.Value(var content, _) => content.Span,
        SlotRead.FellBack(var content, _, _) => content.Span,
        _ => [],
    };

    private string? TryWrite(string name, byte[] content)
    {
        try
        {
            files.EnsureDirectory(directory, OwnerOnly);
            Slot(name).Write(content);
            return null;
        }
        catch (FileLayerException failure)
        {
            return failure.Message;
        }
    }
}
