using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Warm;

/// <summary>A tree as it was read, and what was compiled of it.</summary>
public sealed record WarmState(SourceFolder Root, KeptCompilation Kept);

/// <summary>The tree and the units, in the words of <see cref="WarmWriter"/>: members in the order written here, lists after their length.</summary>
internal static class WarmFormat
{
    private const int IdBytes = 20;

    public static void Write(WarmWriter to, WarmState state)
    {
        Write(to, state.Root);
        to.Number(state.Kept.Inputs.Count);
        foreach (var ((kind, name), inputs) in state.Kept.Inputs)
        {
            to.Number((int)kind);
            to.Text(name);
            to.Number(inputs.Length);
            foreach (var input in inputs)
            {
                to.Number(input.Kind is { } of ? (int)of + 1 : 0);
                to.Text(input.Name);
            }
        }

        to.Number(state.Kept.Nodes.Count);
        foreach (var (node, units) in state.Kept.Nodes)
        {
            to.Text(node);
            to.Number(units.Length);
            foreach (var unit in units)
            {
                Write(to, unit);
            }
        }
    }

    /// <exception cref="InvalidDataException">Not what is written here.</exception>
    public static WarmState Read(WarmReader from)
    {
        var root = ReadFolder(from);
        var inputs = new Dictionary<(ResourceKind, string), ImmutableArray<KeptInput>>();
        for (var left = from.Number(); left > 0; left--)
        {
            inputs.Add(((ResourceKind)from.Number(), from.Text()), Many(from, static f =>
                new KeptInput(f.Number() is > 0 and var kind ? (ResourceKind)(kind - 1) : null, f.Text())));
        }

        var nodes = new Dictionary<string, ImmutableArray<KeptUnit>>(StringComparer.Ordinal);
        for (var left = from.Number(); left > 0; left--)
        {
            nodes.Add(from.Text(), Many(from, ReadUnit));
        }

        return from.IsAtEnd ? new WarmState(root, new KeptCompilation(nodes, inputs)) : throw new InvalidDataException("it goes on after its end");
    }

    private static void Write(WarmWriter to, SourceFolder folder)
    {
        to.Text(folder.Path);
        to.Raw(Convert.FromHexString(folder.TreeId));
        to.Number(folder.Files.Length);
        foreach (var file in folder.Files)
        {
            to.Text(file.Path);
            to.Raw(Convert.FromHexString(file.BlobId!));
            to.Bytes(file.Bytes.Span);
        }

        to.Number(folder.Folders.Length);
        foreach (var below in folder.Folders)
        {
            Write(to, below);
        }
    }

    private static SourceFolder ReadFolder(WarmReader from) => new(
        from.Text(), Id(from), Many(from, static f => new SourceFile(f.Text(), BlobId: Id(f), Bytes: f.Bytes())), Many(from, ReadFolder), []);

    private static void Write(WarmWriter to, KeptUnit unit)
    {
        to.Number((int)unit.Kind);
        to.Text(unit.Name);
        to.Text(unit.Clock);
        to.Bytes(unit.Bytes.Span);
        to.Number(unit.Claims.Length);
        foreach (var (claim, span) in unit.Claims)
        {
            var (kind, path, number) = claim switch
            {
                NodeClaim.FilePath(var file) => (0, file, 0),
                NodeClaim.DirectoryPath(var directory) => (1, directory, 0),
                NodeClaim.Port(var port) => (2, null, port),
                NodeClaim.UdpPort(var port) => (3, (string?)null, port),
                _ => throw new UnreachableException(claim.ToString()),
            };
            to.Number(kind);
            to.Text(path);
            to.Number(number);
            Write(to, span);
        }

        to.Number(unit.Volumes.Length);
        foreach (var (name, span) in unit.Volumes)
        {
            to.Text(name);
            Write(to, span);
        }
    }

    private static KeptUnit ReadUnit(WarmReader from) => new(
        (ResourceKind)from.Number(), from.Text(), from.OptionalText(), from.Bytes(),
        Many(from, static f => (ReadClaim(f), ReadSpan(f))), Many(from, static f => (f.Text(), ReadSpan(f))));

    private static NodeClaim ReadClaim(WarmReader from) => (from.Number(), from.OptionalText(), from.Number()) switch
    {
        (0, { } file, _) => new NodeClaim.FilePath(file),
        (1, { } directory, _) => new NodeClaim.DirectoryPath(directory),
        (2, null, var port) => new NodeClaim.Port(port),
        (3, null, var port) => new NodeClaim.UdpPort(port),
        var other => throw new InvalidDataException($"there is no claim {other}"),
    };

    private static void Write(WarmWriter to, SourceSpan span)
    {
        to.Text(span.File);
        to.Number(span.Line);
        to.Number(span.Column);
    }

    private static SourceSpan ReadSpan(WarmReader from) => new(from.OptionalText()!, from.Number(), from.Number());

    private static string Id(WarmReader from) => Convert.ToHexStringLower(from.Raw(IdBytes).Span);

    private static ImmutableArray<T> Many<T>(WarmReader from, Func<WarmReader, T> read)
    {
        var count = from.Number();
        var items = ImmutableArray.CreateBuilder<T>(Math.Min(count, 1 << 20)); // the length may be anything in a file of another program
        for (; count > 0; count--)
        {
            items.Add(read(from));
        }

        return items.DrainToImmutable();
    }
}
