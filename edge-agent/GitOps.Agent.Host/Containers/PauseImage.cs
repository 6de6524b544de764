using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// The image of the sandbox: one program that waits for ever, made here, so that a group needs no registry but those of its
/// own images. The program is a whole ELF file of some 140 bytes; SIGKILL ends it, being the only signal that ends a
/// process 1 without a handler.
/// </summary>
internal static class PauseImage
{
    public const string Reference = "localhost/gitops-agent/pause:1";

    private const int Headers = 64 + 56;
    private const ulong Base = 0x400000;

    /// <summary>An archive as <c>docker save</c> writes it: configuration, one layer, manifest.</summary>
    public static byte[] Archive(Architecture machine)
    {
        var layer = Tar(("pause", Program(machine), 0x1ED)); // 0755
        var word = machine == Architecture.Arm64 ? "arm64" : "amd64";
        var config = Encoding.UTF8.GetBytes(
            $$$"""{"architecture":"{{{word}}}","config":{"Entrypoint":["/pause"],"Env":["PATH=/"]},"os":"linux","rootfs":{"diff_ids":["sha256:{{{Hash(layer)}}}"],"type":"layers"}}""");
        var manifest = Encoding.UTF8.GetBytes($$"""[{"Config":"{{Hash(config)}}.json","Layers":["layer.tar"],"RepoTags":["{{Reference}}"]}]""");
        return Tar(($"{Hash(config)}.json", config, 0x1A4), ("layer.tar", layer, 0x1A4), ("manifest.json", manifest, 0x1A4)); // 0644
    }

    /// <summary>elf(5): a header, one loadable segment, and the loop.</summary>
    internal static byte[] Program(Architecture machine)
    {
        // x64: mov eax, 34 (pause); syscall; jmp to the start. arm64 has no pause: mov x8, 73 (ppoll) with five zeros, for ever.
        var (kind, code) = machine == Architecture.Arm64
            ? ((ushort)183, Convert.FromHexString("000080D2010080D2020080D2030080D2040080D2280980D2010000D4F9FFFF17"))
            : ((ushort)62, Convert.FromHexString("B8220000000F05EBF7"));
        var file = new byte[Headers + code.Length];
        var header = file.AsSpan();
        Convert.FromHexString("7F454C46020101").CopyTo(header); // 64 bits, little-endian
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], 2); // executable
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], kind);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], Base + Headers); // where it begins
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], 64); // the program header
        BinaryPrimitives.WriteUInt16LittleEndian(header[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(header[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(header[56..], 1);
        var segment = header[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1); // load
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 5); // read and execute
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], Base);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x10000); // the largest page of arm64
        code.CopyTo(header[Headers..]);
        return file;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>ustar, as POSIX.1-1988 has it: 512 bytes of header, the content in blocks of 512, two empty blocks.</summary>
    private static byte[] Tar(params (string Name, byte[] Content, int Mode)[] files)
    {
        using var all = new MemoryStream();
        foreach (var (name, content, mode) in files)
        {
            var header = new byte[512];
            Put(header, 0, name);
            Put(header, 100, Octal(mode, 7));
            Put(header, 108, Octal(0, 7));
            Put(header, 116, Octal(0, 7));
            Put(header, 124, Octal(content.Length, 11));
            Put(header, 136, Octal(0, 11));
            Put(header, 148, "        ");
            header[156] = (byte)'0';
            Put(header, 257, "ustar\00000");
            Put(header, 148, Octal(header.Sum(b => b), 6) + "\0 ");
            all.Write(header);
            all.Write(content);
            all.Write(new byte[(512 - (content.Length % 512)) % 512]);
        }

        all.Write(new byte[1024]);
        return all.ToArray();
    }

    private static string Octal(int number, int digits) => Convert.ToString(number, 8).PadLeft(digits, '0');

    private static void Put(byte[] header, int at, string text) => Encoding.ASCII.GetBytes(text).CopyTo(header, at);
}
