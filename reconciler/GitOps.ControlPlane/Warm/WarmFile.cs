using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Platform.Files;
using GitOps.Reconciler.Compile;
using Scriban;
using YamlDotNet.Core;

namespace GitOps.ControlPlane.Warm;

/// <summary>What came of looking for a file.</summary>
public abstract record WarmReading
{
    private WarmReading() { } // closed: every case is in this file

    public sealed record Read(WarmState State) : WarmReading;

    /// <summary>There is none, or one that is not to be trusted; a start without it is slower and otherwise the same.</summary>
    public sealed record Useless(string Because) : WarmReading;
}

/// <summary>
/// One file with what a compilation need not do again after a restart. Believed only when it was written whole by this very
/// program; it may be deleted at any time.
/// </summary>
/// <remarks>
/// File: <c>gitswarm</c> (8 bytes), the program's id (32), <see cref="WarmFormat"/>, SHA-256 of all before (32).
/// </remarks>
public sealed class WarmFile(IFileLayer layer, string path)
{
    private const int LimitBytes = 1 << 30;
    private static readonly byte[] Magic = "gitswarm"u8.ToArray();

    /// <summary>Who may change what a compilation gives: another build of one of them is another program.</summary>
    private static readonly byte[] Program = SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(
        new[] { typeof(Bundle), typeof(SourceFile), typeof(FleetCompilation), typeof(WarmFile), typeof(TemplateContext), typeof(Parser) }
            .Select(type => type.Module.ModuleVersionId))));

    /// <exception cref="FileLayerException">The disk failed; what was there before is there still.</exception>
    public void Write(WarmState state)
    {
        using var writer = new WarmWriter(layer, path);
        writer.Raw(Magic);
        writer.Raw(Program);
        WarmFormat.Write(writer, state);
        writer.Commit();
    }

    public WarmReading Read()
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes ? Read(bytes) : new WarmReading.Useless("there is none");
        }
        catch (Exception broken) when (broken is FileLayerException or InvalidDataException)
        {
            return new WarmReading.Useless(broken.Message);
        }
    }

    private static WarmReading Read(byte[] bytes)
    {
        var start = Magic.Length + Program.Length;
        var end = bytes.Length - SHA256.HashSizeInBytes;
        if (end < start || !bytes.AsSpan().StartsWith(Magic))
        {
            return new WarmReading.Useless("it is no such file");
        }

        if (!bytes.AsSpan(Magic.Length, Program.Length).SequenceEqual(Program))
        {
            return new WarmReading.Useless("another build of this program wrote it");
        }

        return SHA256.HashData(bytes.AsSpan(..end)).AsSpan().SequenceEqual(bytes.AsSpan(end))
            ? new WarmReading.Read(WarmFormat.Read(new WarmReader(bytes.AsMemory(start..end))))
            : new WarmReading.Useless("its digest is wrong: it was damaged on disk");
    }
}
