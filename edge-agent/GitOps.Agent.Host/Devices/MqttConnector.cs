using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;

namespace GitOps.Agent.Host.Devices;

/// <summary>A device behind a broker: its properties come on topics as plain text, and go out on others.</summary>
internal sealed class MqttConnector : IDeviceConnector
{
    private readonly ConcurrentDictionary<string, (string Text, long At)> _heard = [];
    private readonly MqttLink _link;
    private readonly TimeProvider _time;
    private readonly Task _listening;

    public MqttConnector(string name, DeviceSpec spec, TimeProvider time, Random random)
    {
        _time = time;
        var topics = spec.Properties.Select(p => p.Topic?.Read).OfType<string>().Distinct(StringComparer.Ordinal);
        var options = new MqttLinkOptions(
            new Uri(spec.Connection.Url!), string.Create(CultureInfo.InvariantCulture, $"gitops-{name}-{random.Next():x8}"))
        {
            Subscriptions = [.. topics.Select(topic => new MqttSubscription(topic))],
            Timeout = DeviceEndpoint.Timeout(spec.Connection) * 5,
        };
        _link = new MqttLink(options, time, random, changed: _ => Changed?.Invoke());
        _listening = ListenAsync();
        _link.Start();
    }

    public bool Pushes => true;

    public Action? Changed { get; set; }

    public Task<string?> OpenAsync(CancellationToken cancellationToken) => Task.FromResult(WhyNot());

    public Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        if (WhyNot() is { } why)
        {
            return Task.FromResult<ReadAnswer>(new ReadAnswer.NoAnswer(why));
        }

        List<PropertyAnswer> answers = [];
        foreach (var property in properties)
        {
            if (property.Topic?.Read is { } topic && _heard.TryGetValue(topic, out var heard))
            {
                answers.Add(PropertyAnswer.Of(property.Name, TextCodec.Decode(property, heard.Text), heard.At));
            }
        }

        return Task.FromResult<ReadAnswer>(new ReadAnswer.Read(answers.ToEquatableArray()));
    }

    public async Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (property.Topic?.Write is not { } topic || TextCodec.Encode(property, value) is not Encoded.Text(var text))
        {
            return new WriteAnswer.Refused($"{value} cannot be sent as {property.Type}");
        }

        if (WhyNot() is { } why)
        {
            return new WriteAnswer.NotSent(why);
        }

        var isTaken = await _link.PublishAsync(
            topic, Encoding.UTF8.GetBytes(text), MqttQuality.AtLeastOnce, retain: false, cancellationToken);
        return isTaken ? new WriteAnswer.Acknowledged() : new WriteAnswer.Lost("the broker did not acknowledge it");
    }

    public async ValueTask DisposeAsync()
    {
        await _link.DisposeAsync();
        await _listening;
    }

    private string? WhyNot() => _link.State switch
    {
        MqttLinkState.Connected => null,
        MqttLinkState.Disconnected(var because, _) => because,
        _ => "the connection is being made",
    };

    private async Task ListenAsync()
    {
        await foreach (var message in _link.Messages.ReadAllAsync())
        {
            if (message.Payload.Length <= TextCodec.MaxChars * 4)
            {
                _heard[message.Topic] = (Encoding.UTF8.GetString(message.Payload.Span), _time.GetTimestamp());
                Changed?.Invoke();
            }
        }
    }
}
