using System.Buffers;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using GitOps.Dmi.Mappers;
using GitOps.TestKit;

namespace GitOps.Dmi.Tests;

/// <summary>What Go writes as the host of a request over a socket, and what passes instead.</summary>
public sealed class AuthorityTests
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    // :method POST, :scheme http, :path in full, :authority in full with the code of Huffman, te: trailers by a name of its own.
    private static readonly byte[] Block =
    [
        0x83, 0x86, 0x44, 0x04, .. "/a/b"u8, 0x41, 0x83, 0xAA, 0xBB, 0xCC, 0x40, 0x02, .. "te"u8, 0x08, .. "trailers"u8,
    ];

    [Fact]
    public void The_name_of_a_host_is_overwritten_and_nothing_else_whatever_the_pieces_it_comes_in()
    {
        byte[] stream = [.. Preface, .. Frame(4, 0, []), .. Frame(1, 4, Block), .. Frame(0, 1, [1, 2, 3]), .. Frame(1, 4, Block)];
        byte[] repaired = [.. Block];
        Encoding.ASCII.GetBytes("mmm").CopyTo(repaired, 10);
        repaired[9] = 3;
        byte[] expected = [.. Preface, .. Frame(4, 0, []), .. Frame(1, 4, repaired), .. Frame(0, 1, [1, 2, 3]), .. Frame(1, 4, repaired)];

        Gen.Int[1, 40].Sample(size => Assert.Equal(expected, Pass(stream, size)), iter: 60);
    }

    /// <summary>As a mapper writes them: gRPC for Go takes the path for the name of a host, in per cent since 1.58.</summary>
    [Theory]
    [InlineData("/etc/kubeedge/dmi.sock")]
    [InlineData("%2Fetc%2Fkubeedge%2Fdmi.sock")]
    public async Task A_request_that_names_the_socket_as_its_host_is_answered(string authority)
    {
        await using var rig = new MapperRig();
        rig.StartGateway();
        await Eventually.BecomesTrue(() => TestWorld.IsServed(rig.Listen), TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(rig.Listen), TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        byte[] block =
        [
            0x83, 0x86, 0x44, .. Text("/v1beta1.DeviceManagerService/ReportDeviceStates"), 0x41, .. Text(authority),
            0x40, .. Text("content-type"), .. Text("application/grpc"), 0x40, .. Text("te"), .. Text("trailers"),
        ];
        await stream.WriteAsync((byte[])[.. Preface, .. Frame(4, 0, [], 0), .. Frame(1, 4, block), .. Frame(0, 1, [0, 0, 0, 0, 0])], TestContext.Current.CancellationToken);

        var head = new byte[9];
        do
        {
            await stream.ReadExactlyAsync(head, TestContext.Current.CancellationToken);
            await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]], TestContext.Current.CancellationToken);
        }
        while (head[8] != 1);

        Assert.Equal(1, head[3]); // HEADERS, and not RST_STREAM

        static byte[] Text(string text) => [(byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    [Fact]
    public void Padding_and_priority_are_stepped_over()
    {
        var frame = Frame(1, 4 | 8 | 32, [2, 0, 0, 0, 0, 16, .. Block, 0, 0]);

        var passed = Pass([.. Preface, .. frame], 1_000);

        Assert.Equal("mmm", Encoding.ASCII.GetString(passed, Preface.Length + 9 + 6 + 10, 3));
    }

    [Fact]
    public void Noise_passes_the_same_in_pieces_and_in_one() => Gen.Byte.Array[0, 300].Sample(
        noise => Assert.Equal(Pass([.. Preface, .. noise], 1_000), Pass([.. Preface, .. noise], 7)), iter: 2_000);

    [Fact]
    public void A_block_that_makes_no_sense_has_no_host() => Gen.Byte.Array[0, 60].Sample(block =>
    {
        if (HeaderBlock.AuthorityIn(block) is var (_, valueAt, length))
        {
            Assert.InRange(valueAt + length, 0, block.Length);
        }
    });

    private static byte[] Frame(byte type, byte flags, byte[] payload, byte stream = 1) => [0, 0, (byte)payload.Length, type, flags, 0, 0, 0, stream, .. payload];

    private static byte[] Pass(byte[] stream, int size)
    {
        var frames = new FrameRepair();
        var (waiting, passed) = (new List<byte>(), new List<byte>());
        for (var at = 0; at < stream.Length; at += size)
        {
            waiting.AddRange(stream.AsSpan(at, Math.Min(size, stream.Length - at)));
            var bytes = waiting.ToArray();
            var whole = (int)frames.TakeWhole(new ReadOnlySequence<byte>(bytes));
            passed.AddRange(bytes.AsSpan(0, whole));
            waiting = [.. bytes.AsSpan(whole)];
        }

        return [.. passed];
    }
}
