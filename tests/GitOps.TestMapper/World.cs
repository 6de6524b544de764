namespace GitOps.TestMapper;

/// <summary>
/// The device behind the mapper: a folder with a file for each value. It outlives the mapper, as a device does. <c>NAME.refuses</c>
/// beside a value makes writing it fail; while there is <c>off</c> the device does not answer; <c>state</c> is what the mapper says of the device, and <c>log</c> what happened.
/// </summary>
internal sealed class World(string folder)
{
    private readonly Lock _lock = new();

    public string State => ReadIfThere("state") ?? "ok";

    public bool IsOff => File.Exists($"{folder}/off");

    public string? ReadIfThere(string name) => File.Exists($"{folder}/{name}") ? File.ReadAllText($"{folder}/{name}").Trim() : null;

    public void Write(string name, string value)
    {
        if (File.Exists($"{folder}/{name}.refuses"))
        {
            Log($"refuse {name} {value}");
            throw new InvalidOperationException($"{name} takes no {value}");
        }

        File.WriteAllText($"{folder}/{name}.new", value);
        File.Move($"{folder}/{name}.new", $"{folder}/{name}", overwrite: true);
        Log($"write {name} {value}");
    }

    public void Log(string line)
    {
        lock (_lock)
        {
            File.AppendAllText($"{folder}/log", line + "\n");
        }
    }
}
