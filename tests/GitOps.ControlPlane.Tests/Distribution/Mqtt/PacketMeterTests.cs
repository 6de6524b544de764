using CsCheck;
using GitOps.ControlPlane.Distribution.Mqtt;

namespace GitOps.ControlPlane.Tests.Distribution.Mqtt;

public sealed class PacketMeterTests
{
    private const int Limit = 1000;

    [Fact]
    public void Packets_within_the_limit_pass_however_the_stream_is_cut() =>
        Gen.Select(Gen.Int[0, Limit - 3].Array[1, 20], Gen.Int[1, 700]).Sample((bodies, cut) =>
        {
            var meter = new PacketMeter(Limit);
            return bodies.SelectMany(Packet).Chunk(cut).All(bytes => meter.Take(bytes));
        });

    [Fact]
    public void A_packet_above_the_limit_is_seen_by_its_header_wherever_it_comes() =>
        Gen.Select(Gen.Int[0, Limit - 3].Array[0, 20], Gen.Int[Limit - 2, 268_435_455], Gen.Int[1, 700]).Sample((bodies, large, cut) =>
        {
            var meter = new PacketMeter(Limit);
            var stream = bodies.SelectMany(Packet).Concat(Header(large)).Chunk(cut).ToList();
            return stream[..^1].All(bytes => meter.Take(bytes)) && !meter.Take(stream[^1]);
        });

    [Fact]
    public void A_length_of_more_than_four_bytes_is_no_length() =>
        Assert.False(new PacketMeter(int.MaxValue).Take([0x10, 0x80, 0x80, 0x80, 0x80, 0x01]));

    private static IEnumerable<byte> Packet(int body) => Header(body).Concat(Enumerable.Repeat((byte)0xFF, body));

    private static IEnumerable<byte> Header(int body)
    {
        yield return 0x30;
        do
        {
            yield return (byte)((body & 0x7F) | (body > 0x7F ? 0x80 : 0));
            body >>= 7;
        }
        while (body > 0);
    }
}
