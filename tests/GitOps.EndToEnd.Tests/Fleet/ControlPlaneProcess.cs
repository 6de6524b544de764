using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary><c>gitops serve</c> as a process, its settings in a file that <c>gitops node add</c> reads too.</summary>
internal sealed class ControlPlaneProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly HttpClient _http;
    private readonly string _settings;
    private LongProcess? _process;
    private string _lastLog = "";

    /// <param name="broker">The settings about the broker; null: none.</param>
    public ControlPlaneProcess(string directory, string repository, Func<int, JsonObject>? broker)
    {
        (Data, _settings) = (new DataDirectory($"{directory}/data"), $"{directory}/gitops.json");
        (NodePort, PeoplePort, BrokerPort) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        var settings = broker?.Invoke(BrokerPort) ?? new JsonObject { ["broker"] = "none" };
        settings["repository"] = repository;
        settings["pollMs"] = 100;
        settings["dataDirectory"] = Data.Path;
        settings["nodeEndpoint"] = $"127.0.0.1:{NodePort}";
        settings["peopleEndpoint"] = $"127.0.0.1:{PeoplePort}";
        settings["names"] = "127.0.0.1,localhost";
        File.WriteAllText(_settings, settings.ToJsonString());
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{PeoplePort}") };
    }

    public DataDirectory Data { get; }

    public int NodePort { get; }

    public int PeoplePort { get; }

    public int BrokerPort { get; }

    /// <summary>What people ask; answers <c>Unreachable</c> while it does not run.</summary>
    public ApiClient Api { get; private set; } = null!;

    public string Log => _process?.Error ?? _lastLog;

    public static JsonObject Embedded(int port) =>
        new() { ["broker"] = "embedded", ["brokerEndpoint"] = $"127.0.0.1:{port}" };

    /// <summary>Starts it without waiting for anything.</summary>
    public void Launch() =>
        _process = LongProcess.Start(new Command([Programs.GitOps, "serve", "--config", _settings]))
            ?? throw new InvalidOperationException($"{Programs.GitOps} cannot be started");

    /// <summary>Starts it and waits until it serves nodes.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Launch();
        await ReadyAsync(cancellationToken);
    }

    /// <summary>Waits until it serves nodes.</summary>
    public async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await Eventually.BecomesTrue(IsReadyAsync, StartLimit, cancellationToken, "the control plane serves nodes");
        Api = new ApiClient(_http, PeopleToken.Read(DiskFileLayer.Host, Data.PeopleToken)!);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
            _lastLog = process.Error;
            RunLog.Keep("gitops-serve", _lastLog);
        }
    }

    /// <summary><c>gitops node add</c>.</summary>
    public async Task EnrolAsync(string node, string folder, CancellationToken cancellationToken)
    {
        var result = await Running.RunAsync(
            [Programs.GitOps, "node", "add", node, "--folder", folder, "--config", _settings], cancellationToken);
        Assert.True(result.Succeeded, $"gitops node add {node} ended with {result.ExitCode}: {result.Error}");
    }

    /// <summary><c>gitops enroll create</c>.</summary>
    public async Task<NewEnrolmentDocument> CreateTokenAsync(string node, bool replaces, CancellationToken cancellationToken)
    {
        List<string> command =
        [
            Programs.GitOps, "enroll", "create", node, "--output", "json", "--server", $"http://127.0.0.1:{PeoplePort}", "--token-file", Data.PeopleToken,
        ];
        var result = await Running.RunAsync(replaces ? [.. command, "--replace"] : command, cancellationToken);
        Assert.True(result.Succeeded, $"gitops enroll create {node} ended with {result.ExitCode}: {result.Error}");
        return JsonSerializer.Deserialize(result.Output, ApiJson.Default.NewEnrolmentDocument)!;
    }

    /// <summary><c>gitops-agent enroll</c>, with what the control plane printed.</summary>
    public async Task<CommandResult> EnrolItselfAsync(NewEnrolmentDocument made, string folder, CancellationToken cancellationToken, params string[] more)
    {
        var token = $"{Data.Path}/{made.Enrolment.Id}.token";
        await File.WriteAllTextAsync(token, made.Token + "\n", cancellationToken);
        return await Running.RunAsync(
            [Programs.Agent, "enroll", "--url", made.Server, "--token-file", token, "--ca-sha256", made.AuthoritySha256, "--folder", folder, .. more],
            cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _http.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        Assert.False(_process is null or { HasExited: true }, $"the control plane ended: {Log}");
        try
        {
            using var answer = await _http.GetAsync("readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false; // not listening yet
        }
    }
}
