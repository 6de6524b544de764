using System.Security.Cryptography;
using System.Text;
using GitOps.ControlPlane.Api;

namespace GitOps.ControlPlane.Tests.Api;

public sealed class WebhookTests
{
    // The example of GitHub's documentation, "Validating webhook deliveries".
    private const string Secret = "It's a Secret to Everybody";
    private const string Body = "Hello, World!";
    private const string Hex = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    [Theory]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature-256", "sha256=" + Hex, "X-GitHub-Event", "push", WebhookVerdict.Push)]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature-256", "sha256=" + Hex, "X-GitHub-Event", "ping", WebhookVerdict.Ignored)]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature-256", Hex, "X-GitHub-Event", "push", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature", "sha256=" + Hex, "X-GitHub-Event", "push", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature-256", "sha256=zz", "X-GitHub-Event", "push", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.GitHub, "X-Hub-Signature-256", "sha256=" + Hex + "00", "X-GitHub-Event", "push", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.GitLab, "X-Gitlab-Token", Secret, "X-Gitlab-Event", "Push Hook", WebhookVerdict.Push)]
    [InlineData(WebhookKind.GitLab, "X-Gitlab-Token", Secret, "X-Gitlab-Event", "Tag Push Hook", WebhookVerdict.Push)]
    [InlineData(WebhookKind.GitLab, "X-Gitlab-Token", Secret, "X-Gitlab-Event", "Issue Hook", WebhookVerdict.Ignored)]
    [InlineData(WebhookKind.GitLab, "X-Gitlab-Token", "guess", "X-Gitlab-Event", "Push Hook", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.Gitea, "X-Gitea-Signature", Hex, "X-Gitea-Event", "push", WebhookVerdict.Push)]
    [InlineData(WebhookKind.Gitea, "X-Gitea-Signature", "sha256=" + Hex, "X-Gitea-Event", "push", WebhookVerdict.Refused)]
    [InlineData(WebhookKind.Generic, "X-Signature-256", "sha256=" + Hex, "X-Any", "x", WebhookVerdict.Push)]
    [InlineData(WebhookKind.Generic, "X-Other", "sha256=" + Hex, "X-Any", "x", WebhookVerdict.Refused)]
    public void A_call_is_judged_as_its_forge_documents(
        WebhookKind kind, string header, string value, string eventHeader, string happened, WebhookVerdict expected)
    {
        var headers = new Dictionary<string, string> { [header] = value, [eventHeader] = happened };

        Assert.Equal(expected, Webhook.Judge(kind, Secret, name => headers.GetValueOrDefault(name), Hmac(Body)));
    }

    [Fact]
    public void Another_body_or_another_secret_is_refused()
    {
        var headers = new Dictionary<string, string> { ["X-Signature-256"] = "sha256=" + Hex };

        Assert.Equal(WebhookVerdict.Refused, Webhook.Judge(WebhookKind.Generic, Secret, headers.GetValueOrDefault, Hmac(Body + " ")));
    }

    private static byte[] Hmac(string body) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(body));
}
