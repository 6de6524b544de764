using System.Buffers.Binary;
using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// Looks at the first bytes of a Linux executable (elf(5): <c>e_ident</c>, <c>e_machine</c>), so that the file of another
/// architecture, or a pointer of Git LFS in its place, reaches no node.
/// </summary>
internal static class ElfHeader
{
    private const int Amd64Machine = 62;
    private const int Arm64Machine = 183;

    /// <summary>Null when the machine's kernel would try to run it.</summary>
    public static string? WhyNotFor(NodeArchitecture architecture, ReadOnlySpan<byte> file)
    {
        // 0x7F "ELF", class 2: 64 bit, data 1: little-endian. What is shorter than a blob is no program either.
        if (file.Length < ContentPart.BlobThresholdBytes || !file.StartsWith("\u007FELF\u0002\u0001"u8))
        {
            return "it does not begin as a 64-bit Linux executable does";
        }

        var machine = BinaryPrimitives.ReadUInt16LittleEndian(file[18..]);
        return machine == (architecture == NodeArchitecture.Arm64 ? Arm64Machine : Amd64Machine)
            ? null
            : machine switch
            {
                Amd64Machine => "it is for amd64",
                Arm64Machine => "it is for arm64",
                _ => $"it is for another machine (number {machine})",
            };
    }
}
