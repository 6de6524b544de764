using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Modbus;
using GitOps.Agent.Host.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Sockets;
using GitOps.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>A thousand devices, each with a connection of its own, some of them dead. Time is moved by the test: it counts reads.</summary>
[Collection(nameof(Alone))]
public sealed class ManyDevicesTests
{
    private const int Seconds = 20;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_dead_devices_among_a_thousand_cost_the_others_no_poll_and_back_off()
    {
        var reads = new int[1_000];
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Any, 0), 2_000, (stream, stop) => ServeAsync(stream, reads, stop));
        using var state = new TempDirectory();
        var time = new FakeTimeProvider();
        var (_, driver) = DeviceUnits.Create(DiskFileLayer.Host, state.Path, new FixedTrust(true), time, new Random(7), _ => ([], null));
        await using var _ = driver;
        List<Unit> units = [.. Enumerable.Range(0, reads.Length).Select(i => Device(i, server.Endpoint.Port))];
        foreach (var unit in units)
        {
            await driver.ApplyAsync(unit, new DeviceStep.Follow((DeviceSpec)unit.Spec) { Because = "the bundle names it" }, Stop);
        }

        List<Unit> live = [.. units.Where((_, i) => !IsDead(i))];
        await Eventually.BecomesTrue(() => AreReadWithin(driver, live, TimeSpan.Zero), TimeSpan.FromSeconds(60), Stop);
        for (var step = 0; step < Seconds * 10; step++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await UntilReadAsync(driver, live);
        }

        var counts = reads.Where((_, i) => !IsDead(i));
        Assert.All(counts, count => Assert.InRange(count, Seconds - 1, Seconds + 1));
        Assert.All(reads.Where((_, i) => IsDead(i)), count => Assert.InRange(count, 1, Seconds / 2));
    }

    /// <summary>
    /// Until nobody is late, so that the test's time is not faster than the machine; a timer that was set while time was
    /// moved only fires when it goes on, so not for ever. What is claimed is counted afterwards.
    /// </summary>
    private static async Task UntilReadAsync(DeviceDriver driver, List<Unit> live)
    {
        for (var tries = 0; tries < 300 && !await AreReadWithin(driver, live, TimeSpan.FromSeconds(1.1)); tries++)
        {
            await Task.Delay(10, Stop);
        }
    }

    private static async Task<bool> AreReadWithin(DeviceDriver driver, List<Unit> units, TimeSpan age)
    {
        foreach (var unit in units)
        {
            var state = await driver.ObserveAsync(unit, Stop);
            if (state.Properties[0].Reading is not { } reading || state.Now - reading.At > age)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDead(int device) => device % 100 == 50;

    /// <summary>Each device has an address of the loopback network of its own, so that it has a line of its own.</summary>
    private static Unit Device(int number, int port) => new($"d-{number}", new DeviceSpec
    {
        Protocol = DeviceProtocol.ModbusTcp,
        Connection = new DeviceConnection
        {
            Host = string.Create(CultureInfo.InvariantCulture, $"127.1.{number / 200}.{1 + (number % 200)}"),
            Port = port,
            TimeoutMs = 900,
        },
        Properties = Enumerable.Range(0, 10).Select(i => new DeviceProperty
        {
            Name = $"p{i}",
            Type = DeviceValueType.UInt16,
            PollMs = 1_000,
            Register = new ModbusRegister(ModbusTable.Holding, (number * 10) + i),
        }).ToEquatableArray(),
    });

    /// <summary>Knows the device by the address it is asked for, counts, and answers unless the device is dead.</summary>
    private static async Task ServeAsync(Stream stream, int[] reads, CancellationToken cancellationToken)
    {
        var frame = new byte[12];
        while (await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, cancellationToken) == frame.Length)
        {
            var (address, count) = (BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(8)), frame[11]);
            Interlocked.Increment(ref reads[address / 10]);
            if (!IsDead(address / 10))
            {
                var answer = (byte[])[3, (byte)(count * 2), .. new byte[count * 2]];
                await stream.WriteAsync(MbapHeader.Frame(BinaryPrimitives.ReadUInt16BigEndian(frame), frame[6], answer), cancellationToken);
            }
        }
    }
}
