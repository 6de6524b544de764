using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>A device that an EdgeX speaks with: its resources are read and set through core-command.</summary>
internal sealed class EdgeXConnector(
    DeviceConnection connection, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time) : IDeviceConnector
{
    private readonly EdgeXRest _rest = new(connection.Url!, connection.Authority, connection.Headers, contents, time);
    private readonly TimeSpan _limit = DeviceEndpoint.Timeout(connection);
    private bool _isThere;

    public bool Pushes => false;

    public Action? Changed { get; set; }

    /// <summary>Whether core-command knows the device; asked until it does, and again when it knows it no more.</summary>
    public async Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_isThere)
        {
            return null;
        }

        using var answer = await _rest.GetAsync(DevicePath, _limit, cancellationToken);
        _isThere = answer.IsGood;
        return answer.Why;
    }

    public async Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        if (await OpenAsync(cancellationToken) is { } why)
        {
            return new ReadAnswer.NoAnswer(why);
        }

        List<PropertyAnswer> answers = [];
        foreach (var property in properties)
        {
            // Not on to the bus: an auto event does that as often as the profile's author wants.
            using var answer = await _rest.GetAsync(
                $"{DevicePath}/{NameOf(property)}?ds-pushevent=false&ds-returnevent=true&ds-regexcmd=false", _limit, cancellationToken);
            if (answer.Status is 0 or 502 or 503)
            {
                return new ReadAnswer.NoAnswer(answer.Why!);
            }

            _isThere &= answer.Status != 404;
            answers.Add(answer.IsGood
                ? PropertyAnswer.Of(property.Name, Decode(property, answer.Body!.RootElement), time.GetTimestamp())
                : new PropertyAnswer(property.Name, null, new ReadFault(answer.Why!, IsContent: answer.Status is 400 or 405), time.GetTimestamp()));
        }

        return new ReadAnswer.Read(answers.ToEquatableArray());
    }

    public async Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (TextCodec.Encode(property, value) is not Encoded.Text(var text))
        {
            return new WriteAnswer.Refused($"{value} cannot be sent as {property.Type}");
        }

        if (await OpenAsync(cancellationToken) is { } why)
        {
            return new WriteAnswer.NotSent(why);
        }

        var json = $"{{\"{JsonEncodedText.Encode(property.Resource ?? property.Name)}\":\"{JsonEncodedText.Encode(text)}\"}}";
        using var answer = await _rest.SendAsync(HttpMethod.Put, $"{DevicePath}/{NameOf(property)}", json, _limit, cancellationToken);
        _isThere &= answer.Status != 404;
        return answer switch
        {
            { IsGood: true } => new WriteAnswer.Acknowledged(),
            // Locked, down, not there yet, or its service away: it is not the value's fault, and nothing was written.
            { Status: 401 or 403 or 404 or 423 or 429 or 503 } => new WriteAnswer.NotSent(answer.Why!),
            { Passes: true } => new WriteAnswer.Lost(answer.Why!),
            _ => new WriteAnswer.Refused(answer.Why!),
        };
    }

    public ValueTask DisposeAsync()
    {
        _rest.Dispose();
        return ValueTask.CompletedTask;
    }

    private string DevicePath => $"device/name/{Uri.EscapeDataString(connection.Device!)}";

    private static string NameOf(DeviceProperty property) => Uri.EscapeDataString(property.Resource ?? property.Name);

    private static Decoded Decode(DeviceProperty property, JsonElement answer)
    {
        if (answer.TryGetProperty("event"u8, out var told) && told.ValueKind == JsonValueKind.Object &&
            told.TryGetProperty("readings"u8, out var readings) && readings.ValueKind == JsonValueKind.Array)
        {
            foreach (var reading in readings.EnumerateArray())
            {
                if (reading.TryGetProperty("resourceName"u8, out var name) && name.ValueEquals(property.Resource ?? property.Name))
                {
                    return reading.TryGetProperty("value"u8, out var value) && value.ValueKind == JsonValueKind.String ? TextCodec.Decode(property, value.GetString()!)
                        : reading.TryGetProperty("objectValue"u8, out var whole) && whole.ValueKind != JsonValueKind.Null ? TextCodec.Decode(property, whole.GetRawText())
                        : new Decoded.Bad("EdgeX has no value of it");
                }
            }
        }

        return new Decoded.Bad("the answer of EdgeX has no reading of it");
    }
}
