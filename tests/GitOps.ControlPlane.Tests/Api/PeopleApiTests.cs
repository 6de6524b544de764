using System.Net;
using System.Security.Cryptography;
using System.Text;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Api;

public sealed class PeopleApiTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private readonly FakeView _view = new();
    private readonly HttpClient _http = new();
    private PeopleApi _api = null!;
    private ApiClient _client = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var path = _directory["people.token"];
        var options = new PeopleApiOptions(
            new IPEndPoint(IPAddress.Loopback, 0),
            PeopleToken.LoadOrCreate(DiskFileLayer.Host, path),
            new Dictionary<WebhookKind, string> { [WebhookKind.Generic] = "secret", [WebhookKind.GitLab] = "secret" },
            Server: null);
        _api = await PeopleApi.StartAsync(options, _view, TimeProvider.System, NullLoggerFactory.Instance, Token);
        _http.BaseAddress = _api.Address;
        _client = new ApiClient(_http, PeopleToken.Read(DiskFileLayer.Host, path)!);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _api.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_status_arrives_as_it_was_sent()
    {
        var status = Assert.IsType<ApiAnswer<StatusDocument>.Ok>(await _client.GetStatusAsync(Token)).Value;

        Assert.Equivalent(_view.Status(), status, strict: true);
    }

    [Fact]
    public async Task Devices_come_page_by_page_and_of_one_node()
    {
        _view.AllDevices.AddRange(
        [
            new("a", "plc-1") { Online = true, Properties = [new("setpoint") { Desired = "70.5", Reported = "65", State = "conflict", AgeMs = 300 }] },
            new("a", "plc-2"), new("a-b", "plc-0"), new("b", "plc-1"),
        ]);

        var first = Assert.IsType<ApiAnswer<DevicePage>.Ok>(await _client.GetDevicesAsync(new DeviceQuery { Limit = 2 }, Token)).Value;
        var second = Assert.IsType<ApiAnswer<DevicePage>.Ok>(await _client.GetDevicesAsync(new DeviceQuery { Limit = 2, After = first.Next }, Token)).Value;
        var ofB = Assert.IsType<ApiAnswer<DevicePage>.Ok>(await _client.GetDevicesAsync(new DeviceQuery { Node = "b" }, Token)).Value;

        Assert.Equivalent(_view.AllDevices[..2], first.Devices, strict: true);
        Assert.Equal("a/plc-2", first.Next);
        Assert.Equal(["a-b/plc-0", "b/plc-1"], second.Devices.Select(device => $"{device.Node}/{device.Name}"));
        Assert.Null(second.Next);
        Assert.Equal("plc-1", Assert.Single(ofB.Devices).Name);
    }

    [Theory]
    [InlineData("?after=plc")]
    [InlineData("?limit=501")]
    [InlineData("?node=")]
    [InlineData("?state=applied")]
    public async Task A_question_for_devices_that_means_nothing_is_refused_and_says_why(string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/devices{query}");
        request.Headers.Authorization = new("Bearer", PeopleToken.Read(DiskFileLayer.Host, _directory["people.token"])!);
        using var answer = await _http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Values_of_a_property_are_asked_for_by_time_and_number_and_arrive_as_they_were_sent()
    {
        var at = new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero).AddMicroseconds(1);
        ValueDocument[] told =
        [
            new(at, "press-1") { Value = "70.5", Min = "70", Max = "71", Mean = "70.25", Count = 60, IntervalMs = 60_000 },
            new(at.AddSeconds(1), "press-1") { Quality = "stale" },
            new(at.AddSeconds(2), "press-2") { Lost = 12 },
        ];
        var page = new ValuePage("oven-1", "temperature", told) { Next = at };
        _view.AllValues[("oven-1", "temperature")] = page;
        var query = new ValueQuery { Property = "temperature", From = at.AddHours(-1), To = at, Limit = 3 };

        var answer = await _client.GetValuesAsync("oven-1", query, Token);
        var unknown = await _client.GetValuesAsync("oven-1", query with { Property = "pressure" }, Token);

        Assert.Equivalent(page, Assert.IsType<ApiAnswer<ValuePage>.Ok>(answer).Value, strict: true);
        Assert.Equal(query with { Property = "pressure" }, _view.AskedFor);
        Assert.Equal((404, "PUB192"), Assert.IsType<ApiAnswer<ValuePage>.Refused>(unknown) is var refused ? (refused.Status, refused.Problem.Code) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?property=")]
    [InlineData("?property=a&limit=0")]
    [InlineData("?property=a&limit=10001")]
    [InlineData("?property=a&from=yesterday")]
    [InlineData("?property=a&to=")]
    [InlineData("?property=a&node=b")]
    public async Task A_question_for_values_that_means_nothing_is_refused_and_without_a_token_none_is_answered(string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v1/devices/oven-1/values{query}");
        using var stranger = await _http.GetAsync(request.RequestUri, Token);
        request.Headers.Authorization = new("Bearer", PeopleToken.Read(DiskFileLayer.Host, _directory["people.token"])!);
        using var answer = await _http.SendAsync(request, Token);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest), (stranger.StatusCode, answer.StatusCode));
    }

    [Fact]
    public void A_value_is_as_old_as_it_was_when_it_was_reported_and_since_and_stale_when_its_node_is_offline()
    {
        var at = new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
        var report = new GitOps.Bundles.Reports.DeviceReport("plc-1", Online: true)
        {
            Properties = [new("setpoint") { Reported = new GitOps.Bundles.Units.DeviceValue.Number(70.5m), AgeMs = 300, State = GitOps.Bundles.Reports.PropertyPhase.Applied }],
        };

        var online = DeviceDocument.Of("a", report, isNodeOnline: true, at, at.AddSeconds(2));
        var offline = DeviceDocument.Of("a", report, isNodeOnline: false, at, at.AddSeconds(2));

        Assert.Equal((true, "good", 2_300L, "70.5", "applied"), (online.Online, online.Properties[0].Quality, online.Properties[0].AgeMs, online.Properties[0].Reported, online.Properties[0].State));
        Assert.Equal((false, "stale", "its node is offline"), (offline.Online, offline.Properties[0].Quality, offline.Message));
    }

    [Fact]
    public async Task What_is_carried_to_a_node_is_streamed_and_a_node_without_a_pointer_has_nothing()
    {
        using var file = new MemoryStream();
        Assert.Equal(new ApiAnswer<long>.Ok(100_000), await _client.CarryAsync("press-1", file, Token));
        Assert.Equal(100_000, file.Length);
        Assert.Equal(404, Assert.IsType<ApiAnswer<long>.Refused>(await _client.CarryAsync("press-9", file, Token)).Status);
    }

    [Fact]
    public async Task A_removal_is_answered_with_its_generation_or_the_reason_against_it()
    {
        var done = await _client.RemoveNodeAsync("press-1", Decommission.Wipe, force: false, lost: false, Token);
        var kept = await _client.RemoveNodeAsync("press-2", Decommission.Keep, force: false, lost: false, Token);
        var unknown = await _client.RemoveNodeAsync("press-3", Decommission.Keep, force: true, lost: true, Token);

        Assert.Equal(new RemovalDocument("press-1", "wipe", 18), Assert.IsType<ApiAnswer<RemovalDocument>.Ok>(done).Value);
        Assert.Equal(409, Assert.IsType<ApiAnswer<RemovalDocument>.Refused>(kept).Status);
        Assert.Equal(404, Assert.IsType<ApiAnswer<RemovalDocument>.Refused>(unknown).Status);
    }

    [Fact]
    public async Task Keys_of_nodes_are_told_by_name_once_the_fleet_is_known()
    {
        var known = Assert.IsType<ApiAnswer<RecipientPage>.Ok>(await _client.GetRecipientsAsync(Token)).Value;
        Assert.Equal([new RecipientDocument("press-1", "age1a"), new RecipientDocument("press-2", "age1b")], known.Recipients);
        _view.IsReady = false;
        Assert.Equal(503, Assert.IsType<ApiAnswer<RecipientPage>.Refused>(await _client.GetRecipientsAsync(Token)).Status);
    }

    [Fact]
    public async Task A_retry_is_answered_with_its_generation_or_the_reason_against_it()
    {
        Assert.Equal(new RetryDocument("press-1", 19), Assert.IsType<ApiAnswer<RetryDocument>.Ok>(await _client.RetryNodeAsync("press-1", Token)).Value);
        Assert.Equal(409, Assert.IsType<ApiAnswer<RetryDocument>.Refused>(await _client.RetryNodeAsync("press-2", Token)).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?data=burn")]
    [InlineData("?data=7")]
    public async Task A_removal_that_does_not_say_what_becomes_of_the_node_is_not_understood(string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "api/v1/nodes/press-1" + query);
        request.Headers.Authorization = new("Bearer", PeopleToken.Read(DiskFileLayer.Host, _directory["people.token"]));
        using var answer = await _http.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task The_status_reads_so()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/status");
        request.Headers.Authorization = new("Bearer", PeopleToken.Read(DiskFileLayer.Host, _directory["people.token"]));
        using var answer = await _http.SendAsync(request, Token);

        Golden.Verify("api/status.json", await answer.Content.ReadAsStringAsync(Token) + "\n");
    }

    [Theory]
    [InlineData("wrong")]
    [InlineData("")]
    public async Task Without_the_token_there_is_nothing_to_see(string token)
    {
        var refused = await new ApiClient(_http, token).GetStatusAsync(Token);

        var answer = Assert.IsType<ApiAnswer<StatusDocument>.Refused>(refused);
        Assert.Equal((401, "PUB130"), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("api/v1/status")]
    [InlineData("api/v1/nodes")]
    [InlineData("api/v1/events")]
    [InlineData("api/v1/nothing")]
    [InlineData("api")]
    public async Task Every_path_of_the_api_asks_for_the_token(string path)
    {
        using var answer = await _http.GetAsync(path, Token);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Nodes_come_in_pages_by_name()
    {
        for (var i = 0; i < 25; i++)
        {
            _view.Put(new NodeSummary($"press-{i:00}") { Phase = i % 2 == 0 ? "converged" : "failed" });
        }

        List<string> names = [];
        var query = new NodeQuery { Limit = 5, Phase = "failed" };
        for (var page = await PageAsync(query); ; page = await PageAsync(query with { After = page.Next }))
        {
            Assert.True(page.Nodes.Count <= 5);
            names.AddRange(page.Nodes.Select(n => n.Name));
            if (page.Next is null)
            {
                break;
            }
        }

        Assert.Equal([.. Enumerable.Range(0, 25).Where(i => i % 2 == 1).Select(i => $"press-{i:00}")], names);
    }

    [Fact]
    public async Task Nodes_are_found_by_label_and_by_being_there()
    {
        _view.Put(new NodeSummary("a") { Labels = new Dictionary<string, string> { ["site"] = "berlin" }, Online = true });
        _view.Put(new NodeSummary("b") { Labels = new Dictionary<string, string> { ["site"] = "berlin" } });
        _view.Put(new NodeSummary("c") { Online = true });

        var page = await PageAsync(new NodeQuery { Labels = new Dictionary<string, string> { ["site"] = "berlin" }, Online = true });

        Assert.Equal(["a"], page.Nodes.Select(n => n.Name));
    }

    [Theory]
    [InlineData("limit=0", "'0' is no value of 'limit'")]
    [InlineData("phase=good", "'good' is no value of 'phase'")]
    [InlineData("colour=red", "there is no parameter 'colour'")]
    public void A_parameter_that_makes_no_sense_is_named(string text, string expected)
    {
        var (name, value) = (text.Split('=')[0], text.Split('=')[1]);

        Assert.StartsWith(expected, NodeQuery.Read([KeyValuePair.Create(name, value)]).Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_does_not_exist_is_not_found()
    {
        var answer = Assert.IsType<ApiAnswer<NodeDocument>.Refused>(await _client.GetNodeAsync("nobody", Token));

        Assert.Equal((404, "PUB131"), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task Revisions_come_newest_first_as_many_as_asked_for()
    {
        var page = Assert.IsType<ApiAnswer<RevisionPage>.Ok>(await _client.GetRevisionsAsync(5, Token)).Value;

        Assert.Equal($"{30:x40}", page.Revisions[0].Id);
        Assert.Equal(5, page.Revisions.Count);
    }

    [Fact]
    public async Task A_limit_that_makes_no_sense_is_refused()
    {
        var answer = Assert.IsType<ApiAnswer<RevisionPage>.Refused>(await _client.GetRevisionsAsync(0, Token));

        Assert.Equal((400, "PUB132"), (answer.Status, answer.Problem.Code));
    }

    [Fact]
    public async Task The_stream_begins_with_the_status_and_tells_of_each_node_that_changes()
    {
        await using var changes = _client.WatchAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await changes.MoveNextAsync());
        Assert.IsType<ApiChange.Status>(changes.Current);

        _view.Put(new NodeSummary("press-1") { Phase = "failed" });

        Assert.True(await changes.MoveNextAsync());
        Assert.Equal("failed", Assert.IsType<ApiChange.Node>(changes.Current).Summary.Phase);
        Assert.True(await changes.MoveNextAsync());
        Assert.IsType<ApiChange.Status>(changes.Current);
    }

    [Fact]
    public async Task A_reader_that_left_is_forgotten()
    {
        await using (var changes = _client.WatchAsync(Token).GetAsyncEnumerator(Token))
        {
            await changes.MoveNextAsync();
            Assert.Equal(1, _view.Watchers);
        }

        await Eventually.BecomesTrue(() => _view.Watchers == 0, cancellationToken: Token);
    }

    [Fact]
    public async Task A_stream_does_not_keep_the_control_plane_from_stopping()
    {
        await using var changes = _client.WatchAsync(Token).GetAsyncEnumerator(Token);
        await changes.MoveNextAsync();

        await _api.DisposeAsync();

        Assert.Equal(0, _view.Watchers);
    }

    [Fact]
    public async Task Sync_makes_the_control_plane_look()
    {
        Assert.IsType<ApiAnswer<bool>.Ok>(await _client.SyncAsync(Token));

        Assert.Equal(1, _view.Syncs);
    }

    [Fact]
    public async Task A_signed_webhook_makes_it_look_and_an_unsigned_one_does_not()
    {
        var body = Encoding.UTF8.GetBytes("{\"anything\":true}");
        var signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("secret"u8, body));

        Assert.Equal(HttpStatusCode.Unauthorized, await HookAsync("generic", body, "X-Signature-256", "sha256=00"));
        Assert.Equal(0, _view.Syncs);
        Assert.Equal(HttpStatusCode.Accepted, await HookAsync("generic", body, "X-Signature-256", signature));
        Assert.Equal(1, _view.Syncs);
    }

    [Fact]
    public async Task A_genuine_call_about_something_else_is_accepted_and_ignored()
    {
        Assert.Equal(HttpStatusCode.Accepted, await HookAsync("gitlab", [], "X-Gitlab-Token", "secret"));
        Assert.Equal(0, _view.Syncs);
    }

    [Theory]
    [InlineData("github")] // known, and no secret is set
    [InlineData("other")]
    public async Task A_webhook_without_a_secret_does_not_exist(string kind) =>
        Assert.Equal(HttpStatusCode.NotFound, await HookAsync(kind, [], "X-Signature-256", "sha256=00"));

    [Fact]
    public async Task Health_and_readiness_are_two_things()
    {
        _view.IsReady = false;
        using var healthy = await _http.GetAsync("healthz", Token);
        using var ready = await _http.GetAsync("readyz", Token);

        Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("PUB135", HttpProblem.TryRead(await ready.Content.ReadAsByteArrayAsync(Token))!.Code);
    }

    [Fact]
    public async Task A_control_plane_that_is_not_there_is_unreachable()
    {
        await _api.DisposeAsync();

        Assert.IsType<ApiAnswer<StatusDocument>.Unreachable>(await _client.GetStatusAsync(Token));
    }

    private async Task<NodePage> PageAsync(NodeQuery query) =>
        Assert.IsType<ApiAnswer<NodePage>.Ok>(await _client.GetNodesAsync(query, Token)).Value;

    private async Task<HttpStatusCode> HookAsync(string kind, byte[] body, string header, string value)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.Add(header, value);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"hooks/{kind}") { Content = content };
        using var answer = await _http.SendAsync(request, Token);
        return answer.StatusCode;
    }
}
