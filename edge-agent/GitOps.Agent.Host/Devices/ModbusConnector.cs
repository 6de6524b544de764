using System.Diagnostics;
using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Modbus;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// A Modbus unit: reads neighbours in one request, and in smaller ones where the device refuses them together. Which it
/// refused for their addresses is remembered, so that one address that does not exist costs no extra request at each poll.
/// </summary>
internal sealed class ModbusConnector(DeviceConnection connection, ModbusReads? reads, ModbusLines lines, TimeProvider time) : IDeviceConnector
{
    private const int MostRemembered = 1_000;

    private readonly HashSet<ModbusRequest.Read> _refused = [];
    private readonly ModbusLine _line = lines.Take(connection);
    private readonly TimeSpan _timeout = DeviceEndpoint.Timeout(connection);

    public bool Pushes => false;

    public Action? Changed { get; set; }

    public Task<string?> OpenAsync(CancellationToken cancellationToken) => _line.OpenAsync(_timeout, cancellationToken);

    public async Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        List<PropertyAnswer> answers = [];
        foreach (var group in ReadPlan.Of(properties, reads))
        {
            if (await ReadAsync(group, answers, cancellationToken) is { } noAnswer)
            {
                return noAnswer;
            }
        }

        return new ReadAnswer.Read(answers.ToEquatableArray());
    }

    public async Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (RegisterCodec.Encode(property, value) is not Encoded.Registers encoded)
        {
            return new WriteAnswer.Refused($"{value} does not fit into {property.Type}");
        }

        var place = property.Register!;
        if (RegisterCodec.IsPart(property))
        {
            var read = new ModbusRequest.Read(place.Table, place.Address, RegisterCodec.Width(property));
            if (await _line.ExchangeAsync(DeviceEndpoint.UnitId(connection), read, _timeout, cancellationToken) is not
                ModbusExchange.Answered(ModbusResponse.Registers(var current)))
            {
                return new WriteAnswer.NotSent("the other bits of the register could not be read");
            }

            encoded = RegisterCodec.Keeping(property, encoded, current.AsSpan());
        }

        var registers = encoded.Values;
        ModbusRequest request = place.Table == ModbusTable.Coil
            ? new ModbusRequest.WriteCoil(place.Address, registers[0] != 0)
            : new ModbusRequest.WriteRegisters(place.Address, registers);
        return await _line.ExchangeAsync(DeviceEndpoint.UnitId(connection), request, _timeout, cancellationToken) switch
        {
            ModbusExchange.NotSent(var why) => new WriteAnswer.NotSent(why),
            ModbusExchange.NoAnswer(var why) => new WriteAnswer.Lost(why),
            ModbusExchange.Answered(ModbusResponse.Written) => new WriteAnswer.Acknowledged(),
            ModbusExchange.Answered(ModbusResponse.Refused({ IsRefusal: true } refusal)) => new WriteAnswer.Refused(refusal.ToString()),
            ModbusExchange.Answered(ModbusResponse.Refused(var refusal)) => new WriteAnswer.NotSent($"the device answers '{refusal}'"),
            ModbusExchange.Answered(ModbusResponse.Malformed(var why)) => new WriteAnswer.Lost(why),
            var exchange => throw new UnreachableException($"unknown exchange {exchange}"),
        };
    }

    public ValueTask DisposeAsync() => lines.GiveBackAsync(connection, _line);

    private async Task<ReadAnswer.NoAnswer?> ReadAsync(ReadGroup group, List<PropertyAnswer> answers, CancellationToken cancellationToken)
    {
        if (group.Properties.Count > 1 && _refused.Contains(group.Request))
        {
            return await ReadApartAsync(group, answers, cancellationToken);
        }

        var exchange = await _line.ExchangeAsync(DeviceEndpoint.UnitId(connection), group.Request, _timeout, cancellationToken);
        switch (exchange)
        {
            case ModbusExchange.NotSent(var why):
                return new ReadAnswer.NoAnswer(why);
            case ModbusExchange.NoAnswer(var why):
                return new ReadAnswer.NoAnswer(why);
            case ModbusExchange.Answered(ModbusResponse.Malformed(var why)):
                return new ReadAnswer.NoAnswer(why);
            case ModbusExchange.Answered(ModbusResponse.Refused({ IsRefusal: false } refusal)):
                return new ReadAnswer.NoAnswer($"it answers '{refusal}'");
            case ModbusExchange.Answered(ModbusResponse.Refused(var refusal)) when group.Properties is [var only]:
                answers.Add(new PropertyAnswer(
                    only.Name, null, new ReadFault($"the device answers '{refusal}'", IsContent: true), time.GetTimestamp()));
                return null;
            case ModbusExchange.Answered(ModbusResponse.Refused(var refusal)):
                if (refusal.IsOfAddresses && _refused.Count < MostRemembered)
                {
                    _refused.Add(group.Request);
                }

                return await ReadApartAsync(group, answers, cancellationToken);
            case ModbusExchange.Answered(var response):
                answers.AddRange(group.Properties.Select(property => Pick(group, property, response, time.GetTimestamp())));
                return null;
            default:
                throw new UnreachableException($"unknown exchange {exchange}");
        }
    }

    private async Task<ReadAnswer.NoAnswer?> ReadApartAsync(ReadGroup group, List<PropertyAnswer> answers, CancellationToken cancellationToken)
    {
        foreach (var smaller in ReadPlan.Apart(group, reads))
        {
            if (await ReadAsync(smaller, answers, cancellationToken) is { } noAnswer)
            {
                return noAnswer;
            }
        }

        return null;
    }

    private static PropertyAnswer Pick(ReadGroup group, DeviceProperty property, ModbusResponse response, long receivedAt)
    {
        var at = property.Register!.Address - group.Request.Address;
        ReadOnlySpan<ushort> registers = response switch
        {
            ModbusResponse.Bits(var bits) => [(ushort)(bits[at] ? 1 : 0)],
            ModbusResponse.Registers(var values) => values.AsSpan().Slice(at, RegisterCodec.Width(property)),
            _ => throw new UnreachableException($"unknown response {response}"),
        };
        return PropertyAnswer.Of(property.Name, RegisterCodec.Decode(property, registers), receivedAt);
    }
}
