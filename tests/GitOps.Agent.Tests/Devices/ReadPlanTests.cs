using CsCheck;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Devices;

/// <summary>Which registers one request reads.</summary>
public sealed class ReadPlanTests
{
    [Fact]
    public void Two_floats_side_by_side_are_one_request_and_a_gap_makes_it_two()
    {
        var near = ReadPlan.Of([Float("a", 0), Float("b", 2)]);
        var far = ReadPlan.Of([Float("a", 0), Float("b", 3)]);

        Assert.Equal(new ModbusRequest.Read(ModbusTable.Input, 0, 4), Assert.Single(near).Request);
        Assert.Equal(2, far.Count);
    }

    [Fact]
    public void A_gap_is_read_as_far_as_the_model_allows_and_no_further()
    {
        DeviceProperty[] properties = [Float("a", 0), Float("b", 6), Float("c", 13)];

        var groups = ReadPlan.Of(properties, new ModbusReads { MaxGap = 4 });

        Assert.Equal([new(ModbusTable.Input, 0, 8), new(ModbusTable.Input, 13, 2)], groups.Select(group => group.Request));
    }

    [Fact]
    public void A_value_at_the_limit_of_a_request_goes_into_the_next_one_whole()
    {
        var floats = Enumerable.Range(0, 64).Select(i => Float($"p{i:00}", i * 2));

        var groups = ReadPlan.Of(floats);

        Assert.Equal([new(ModbusTable.Input, 0, 124), new(ModbusTable.Input, 124, 4)], groups.Select(group => group.Request));
    }

    [Fact]
    public void A_device_that_gives_less_at_once_than_the_protocol_allows_is_asked_for_less()
    {
        var coils = Enumerable.Range(0, 20).Select(i => Property($"c{i:00}", ModbusTable.Coil, i, DeviceValueType.Bool));
        var floats = Enumerable.Range(0, 5).Select(i => Float($"f{i}", i * 2));

        var groups = ReadPlan.Of(coils.Concat(floats), new ModbusReads { MaxBits = 16, MaxRegisters = 5 });

        Assert.Equal(
            [new(ModbusTable.Coil, 0, 16), new(ModbusTable.Coil, 16, 4), new(ModbusTable.Input, 0, 4), new(ModbusTable.Input, 4, 4), new(ModbusTable.Input, 8, 2)],
            groups.Select(group => group.Request));
    }

    [Fact]
    public void What_is_refused_is_asked_again_without_its_gaps_and_then_alone()
    {
        var reads = new ModbusReads { MaxGap = 10 };
        var whole = Assert.Single(ReadPlan.Of([Float("a", 0), Float("b", 2), Float("c", 8)], reads));

        var near = ReadPlan.Apart(whole, reads);
        var alone = ReadPlan.Apart(near[0], reads);

        Assert.Equal([new(ModbusTable.Input, 0, 4), new(ModbusTable.Input, 8, 2)], near.Select(group => group.Request));
        Assert.Equal([new(ModbusTable.Input, 0, 2), new(ModbusTable.Input, 2, 2)], alone.Select(group => group.Request));
        Assert.True(ReadPlan.Apart(alone[0], reads).IsEmpty);
    }

    [Fact]
    public void Every_property_is_read_whole_once_within_the_limits_and_neighbours_never_apart() =>
        Gen.Select(AnyProperties, AnyReads).Sample((properties, reads) =>
        {
            var groups = ReadPlan.Of(properties, reads);
            var read = groups.SelectMany(g => g.Properties).Select(p => p.Name).Order(StringComparer.Ordinal);
            return read.SequenceEqual(properties.Select(p => p.Name).Order(StringComparer.Ordinal)) &&
                   groups.All(group => IsSound(group, reads)) &&
                   groups.Zip(groups.Skip(1)).All(pair => AreApart(pair.First, pair.Second, reads));
        });

    private static readonly Gen<ModbusReads> AnyReads =
        Gen.Select(Gen.Int[0, 20], Gen.Int[4, 125], Gen.Int[1, 2_000]).Select((gap, registers, bits) =>
            new ModbusReads { MaxGap = gap, MaxRegisters = registers, MaxBits = bits });

    private static readonly Gen<DeviceProperty[]> AnyProperties =
        Gen.Select(Gen.OneOf(DeviceValueType.Int16, DeviceValueType.Float32, DeviceValueType.Int64), Gen.Int[0, 300], Gen.OneOf(Enum.GetValues<ModbusTable>()))
            .Array[0, 80]
            .Select(places => places.Select((p, i) =>
                Property($"p{i}", p.Item3, p.Item2, ModbusPdu.IsBits(p.Item3) ? DeviceValueType.Bool : p.Item1)).ToArray());

    private static bool IsSound(ReadGroup group, ModbusReads reads)
    {
        var request = group.Request;
        var limit = ModbusPdu.IsBits(request.Table) ? reads.MaxBits : reads.MaxRegisters;
        var asked = group.Properties.SelectMany(p => Enumerable.Range(p.Register!.Address, RegisterCodec.Width(p))).ToHashSet();
        var unasked = 0;
        var longest = 0;
        for (var address = request.Address; address < request.Address + request.Count; address++)
        {
            unasked = asked.Contains(address) ? 0 : unasked + 1;
            longest = Math.Max(longest, unasked);
        }

        return request.Count <= limit && longest <= reads.MaxGap && group.Properties.All(p =>
            p.Register!.Table == request.Table && p.Register.Address >= request.Address &&
            p.Register.Address + RegisterCodec.Width(p) <= request.Address + request.Count);
    }

    private static bool AreApart(ReadGroup first, ReadGroup second, ModbusReads reads)
    {
        var (before, after) = (first.Request, second.Request);
        var next = second.Properties[0];
        var joined = Math.Max(before.Address + before.Count, next.Register!.Address + RegisterCodec.Width(next)) - before.Address;
        return before.Table != after.Table || after.Address > before.Address + before.Count + reads.MaxGap ||
               joined > (ModbusPdu.IsBits(before.Table) ? reads.MaxBits : reads.MaxRegisters);
    }

    private static DeviceProperty Float(string name, int address) => Property(name, ModbusTable.Input, address, DeviceValueType.Float32);

    private static DeviceProperty Property(string name, ModbusTable table, int address, DeviceValueType type) =>
        new() { Name = name, Type = type, Register = new ModbusRegister(table, address) };
}
