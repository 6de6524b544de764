using GitOps.Fuzz;
using SharpFuzz;

// GitOps.Fuzz TARGET: for afl-fuzz, which feeds inputs and reads which branches they took.
// GitOps.Fuzz TARGET FILE...: one input after the other, to look at what was found.
if (args is [] || !Targets.All.TryGetValue(args[0], out var target))
{
    Console.Error.WriteLine($"usage: GitOps.Fuzz {string.Join('|', Targets.All.Keys)} [FILE...]");
    return 2;
}

if (args.Length > 1)
{
    foreach (var file in args.Skip(1))
    {
        target(File.ReadAllBytes(file));
        Console.WriteLine($"{file}: read");
    }

    return 0;
}

Fuzzer.OutOfProcess.Run(stream =>
{
    using var buffer = new MemoryStream();
    stream.CopyTo(buffer);
    target(buffer.ToArray());
});
return 0;
