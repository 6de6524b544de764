using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.Manifests.Registrations;
using GitOps.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.ControlPlane.Tests.Identity;

/// <summary>Tokens that objects of a cluster tell the hash of.</summary>
public sealed class KeptTokenTests : IDisposable
{
    private const string Key = "0123456789abcdef0123456789abcdef";
    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero));
    private readonly EnrolmentTokens _tokens;

    public KeptTokenTests() => _tokens = new EnrolmentTokens(TestReports.Open(_folder["a.db"]), _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_text_makes_one_machine_one_node_whatever_a_second_object_says()
    {
        var first = Of("er-press-1", "press-1", "cluster");
        Assert.True(await _tokens.KeepAsync(first, Token));
        Assert.True(await _tokens.UseAsync(first, Key, "10.0.0.1", Token));

        Assert.False(await _tokens.KeepAsync(Of("er-press-2", "press-2", "cluster"), Token));
        Assert.Equal(("er-press-1", Key), (Assert.Single(_tokens.List()).Id, _tokens.List()[0].UsedKey));
    }

    [Fact]
    public async Task That_it_was_used_is_not_forgotten_when_its_time_is_over()
    {
        var token = Of("er-press-1", "press-1", "cluster");
        await _tokens.KeepAsync(token, Token);
        await _tokens.UseAsync(token, Key, "10.0.0.1", Token);
        _time.Advance(TimeSpan.FromDays(365));
        await _tokens.CreateAsync("press-9", TimeSpan.FromHours(1), replaces: false, "test", Token);

        await _tokens.KeepAsync(token with { ExpiresAt = _time.GetUtcNow() + TimeSpan.FromDays(1) }, Token);
        Assert.Equal(Key, _tokens.List("press-1").Single().UsedKey);
    }

    [Fact]
    public async Task Those_of_a_namespace_that_nobody_looks_at_end()
    {
        await _tokens.KeepAsync(Of("er-press-1", "press-1", "old"), Token);
        await _tokens.KeepAsync(Of("er-press-2", "press-2", "new") with { Hash = EnrolmentText.HashOf("another") }, Token);
        await _tokens.CreateAsync("press-3", TimeSpan.FromHours(1), replaces: false, "ada", Token);

        await _tokens.RevokeOriginsAsync(EnrolmentToken.RegistrationsOf(""), EnrolmentToken.RegistrationsOf("new"), Token);
        Assert.Equal("press-1", Assert.Single(_tokens.List(), token => token.RevokedAt is not null).Node);
    }

    public void Dispose() => _folder.Dispose();

    private EnrolmentToken Of(string id, string node, string ns) => new(
        id, node, EnrolmentText.HashOf("a text"), EnrolmentToken.RegistrationsOf(ns), Replaces: true, _time.GetUtcNow(), _time.GetUtcNow() + TimeSpan.FromDays(1));
}
