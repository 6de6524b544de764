using System.IO.Pipelines;
using CsCheck;
using GitOps.Simulation.Modbus;

namespace GitOps.Simulation.Tests.Modbus;

public sealed class ModbusPlcTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("03 00 01 00 01", "03 02 00 2A")]
    [InlineData("04 00 00 00 01", "04 02 00 00")]
    [InlineData("01 00 00 00 03", "01 01 05")]
    [InlineData("02 00 00 00 01", "02 01 00")]
    [InlineData("05 00 07 FF 00", "05 00 07 FF 00")]
    [InlineData("06 00 07 00 09", "06 00 07 00 09")]
    [InlineData("0F 00 00 00 03 01 02", "0F 00 00 00 03")]
    [InlineData("10 00 05 00 02 04 00 01 00 02", "10 00 05 00 02")]
    [InlineData("07", "87 01")]
    [InlineData("03 00 63 00 02", "83 02")]
    [InlineData("03 00 00 00 7E", "83 03")]
    [InlineData("03 00 00 00 00", "83 03")]
    [InlineData("05 00 07 12 34", "85 03")]
    [InlineData("10 00 05 00 02 03 00 01 00 02", "90 03")]
    [InlineData("06 FF FF 00 01", "86 02")]
    public void Every_request_has_the_answer_of_the_specification(string request, string answer)
    {
        var plc = new ModbusPlc(null, _time, tableSize: 100);
        plc.Change(memory =>
        {
            memory.Holdings[1] = 42;
            (memory.Coils[0], memory.Coils[2]) = (true, true);
        });

        Assert.Equal(Bytes(answer), plc.Handle(Bytes(request)));
    }

    [Fact]
    public void Whatever_bytes_come_the_answer_has_the_function_or_its_exception() =>
        Gen.Byte.Array[0, 260].Sample(request =>
        {
            var answer = new ModbusPlc(null, _time).Handle(request);
            var function = request.Length == 0 ? 0 : request[0];
            return answer.Length is >= 2 and <= 253 && (answer[0] & 0x7F) == (function & 0x7F);
        });

    [Fact]
    public void Faults_are_what_a_client_sees()
    {
        var plc = new ModbusPlc(null, _time);
        plc.Faults.ReadOnlyRegisters = new HashSet<int> { 7 };
        Assert.Equal(Bytes("86 02"), plc.Handle(Bytes("06 00 07 00 09")));

        plc.Faults.RejectsWrites = true;
        Assert.Equal(Bytes("86 04"), plc.Handle(Bytes("06 00 08 00 09")));

        plc.Faults.OtherMaster = new Dictionary<int, ushort> { [3] = 5 };
        Assert.Equal(Bytes("03 02 00 05"), plc.Handle(Bytes("03 00 03 00 01")));
        Assert.Equal(0, plc.Writes);
    }

    [Fact]
    public void A_boiler_comes_to_its_setpoint_whatever_the_steps_of_time() =>
        Gen.Int[1, 20_000].Array[1, 30].Sample(steps =>
        {
            var (small, large, time) = (new Boiler(), new Boiler(), new PlcMemory(10));
            var other = new PlcMemory(10);
            foreach (var memory in (PlcMemory[])[time, other])
            {
                PlcMemory.WriteSingle(memory.Holdings, Boiler.SetpointHolding, 70);
                (memory.Coils[Boiler.HeaterCoil], memory.Holdings[Boiler.LimitHolding]) = (true, 650);
            }

            foreach (var step in steps)
            {
                small.Advance(time, TimeSpan.FromMilliseconds(step));
            }

            large.Advance(other, TimeSpan.FromMilliseconds(steps.Sum()));
            var (a, b) = (PlcMemory.ReadSingle(time.Inputs, 0), PlcMemory.ReadSingle(other.Inputs, 0));
            return Math.Abs(a - b) < 0.001 && a is > 20 and <= 70 && time.Discretes[0] == a > 65.05;
        });

    [Fact]
    public void A_boiler_that_is_switched_off_cools_down()
    {
        var plc = Boiler.NewPlc(_time);
        _time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(600, plc.Look(m => m.Inputs[Boiler.TemperatureTenthsInput]));

        plc.Change(m => m.Coils[Boiler.HeaterCoil] = false);
        _time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(200, plc.Look(m => m.Inputs[Boiler.TemperatureTenthsInput]));
    }

    [Fact]
    public async Task A_connection_is_served_frame_by_frame_and_ends_at_what_is_no_modbus()
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        await using var server = new Duplex(toServer.Reader.AsStream(), toClient.Writer.AsStream());
        var serving = new ModbusPlc(null, _time).ServeAsync(server, TestContext.Current.CancellationToken);
        await using var client = toServer.Writer.AsStream();
        await client.WriteAsync(Bytes("12 34 00 00 00 06 01 03 00 01 00 01"), TestContext.Current.CancellationToken);
        await client.WriteAsync(Bytes("12 35 00 01 00 06 01 03 00 01 00 01"), TestContext.Current.CancellationToken);

        await serving;

        var answer = new byte[11];
        await toClient.Reader.AsStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal(Bytes("12 34 00 00 00 05 01 03 02 00 00"), answer);
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Pass(TimeSpan time) => _ticks += time.Ticks;
    }

    /// <summary>Reads from one stream and writes to another.</summary>
    private sealed class Duplex(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            output.WriteAsync(buffer, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush() => output.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
