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
    private readonly string _name;
    private readonly DeviceSpec _spec;
    private readonly Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> _contents;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private MqttLink? _link;
    private Task _listening = Task.CompletedTask;
    private string? _why;

    /// <param name="contents">Fills the password with a secret of the node.</param>
    public MqttConnector(
        string name, DeviceSpec spec, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time, Random random)
    {
        (_name, _spec, _contents, _time, _random) = (name, spec, contents, time, random);
        _why = Connect();
    }

    public bool Pushes => true;

    public Action? Changed { get; set; }

    public Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_link is null)
        {
            _why = Connect(); // its password may be here by now
        }

        return Task.FromResult(WhyNot());
    }

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

        var isTaken = await _link!.PublishAsync(
            topic, Encoding.UTF8.GetBytes(text), MqttQuality.AtLeastOnce, retain: false, cancellationToken);
        return isTaken ? new WriteAnswer.Acknowledged() : new WriteAnswer.Lost("the broker did not acknowledge it");
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is { } link)
        {
            await link.DisposeAsync();
        }

        await _listening;
    }

    /// <returns>Why there is no connection, nor will be one, or null.</returns>
    private string? Connect()
    {
        var connection = _spec.Connection;
        if (!DeviceTrust.TryRead(connection.Authority, _time, out var verifier))
        {
            return DeviceTrust.NoCertificate;
        }

        if (connection.User is { } user && Login(user) is null)
        {
            return $"the password of {user} is not on this node: {_contents(connection.Password).Missing?.What}";
        }

        var topics = _spec.Properties.Select(p => p.Topic?.Read).OfType<string>().Distinct(StringComparer.Ordinal);
        var options = new MqttLinkOptions(new Uri(connection.Url!), string.Create(CultureInfo.InvariantCulture, $"gitops-{_name}-{_random.Next():x8}"))
        {
            Verifier = verifier,
            Login = connection.User is { } known ? () => Login(known) : null,
            Subscriptions = [.. topics.Select(topic => new MqttSubscription(topic))],
            Timeout = DeviceEndpoint.Timeout(connection) * 5,
        };
        _link = new MqttLink(options, _time, _random, changed: _ => Changed?.Invoke());
        _listening = ListenAsync(_link);
        _link.Start();
        return null;
    }

    private MqttLogin? Login(string user) => _contents(_spec.Connection.Password).Bytes is { } password ? new MqttLogin(user, password) : null;

    private string? WhyNot() => _link is null ? _why : _link.State switch
    {
        MqttLinkState.Connected => null,
        MqttLinkState.Disconnected(var because, _) => because,
        _ => "the connection is being made",
    };

    private async Task ListenAsync(MqttLink link)
    {
        await foreach (var message in link.Messages.ReadAllAsync())
        {
            if (message.Payload.Length <= TextCodec.MaxChars * 4)
            {
                _heard[message.Topic] = (Encoding.UTF8.GetString(message.Payload.Span), _time.GetTimestamp());
                Changed?.Invoke();
            }
        }
    }
}
