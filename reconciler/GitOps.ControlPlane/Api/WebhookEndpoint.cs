using System.Security.Cryptography;
using System.Text;
using GitOps.ControlPlane.Hosting;
using Microsoft.AspNetCore.Http;

namespace GitOps.ControlPlane.Api;

/// <summary>
/// <c>POST /hooks/{github|gitlab|gitea|generic}</c>. A kind without a secret does not exist. The body is hashed as it
/// comes and not kept: that something was pushed is all that counts, Git says what.
/// </summary>
/// <param name="secrets">The secret of each kind that is on.</param>
/// <param name="wake">Makes the reconciler look.</param>
internal sealed class WebhookEndpoint(IReadOnlyDictionary<WebhookKind, string> secrets, Action wake)
{
    /// <summary>The most GitHub sends.</summary>
    private const int LimitBytes = 25 * 1024 * 1024;

    public async Task AnswerAsync(HttpContext context, string name)
    {
        if (KindOf(name) is not { } kind || !secrets.TryGetValue(kind, out var secret))
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, ApiCodes.NotFound,
                $"there is no webhook '{name}'", "set its secret in the control plane's settings").ConfigureAwait(false);
            return;
        }

        if (await HashAsync(context.Request, secret, context.RequestAborted).ConfigureAwait(false) is not { } hmac)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, ApiCodes.BadRequest,
                $"a webhook's body has at most {LimitBytes} bytes", "push fewer commits at once, or rely on polling").ConfigureAwait(false);
            return;
        }

        switch (Webhook.Judge(kind, secret, header => context.Request.Headers[header].FirstOrDefault(), hmac))
        {
            case WebhookVerdict.Refused:
                await HttpProblem.WriteAsync(context, StatusCodes.Status401Unauthorized, ApiCodes.BadSignature,
                    $"the call is not signed with the secret of '{name}'", "use the same secret on both sides").ConfigureAwait(false);
                return;
            case WebhookVerdict.Push:
                wake();
                break;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static WebhookKind? KindOf(string name) => name switch
    {
        "github" => WebhookKind.GitHub,
        "gitlab" => WebhookKind.GitLab,
        "gitea" => WebhookKind.Gitea,
        "generic" => WebhookKind.Generic,
        _ => null,
    };

    /// <summary>Null when the body is longer than the limit.</summary>
    private static async Task<byte[]?> HashAsync(HttpRequest request, string secret, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        var (buffer, total) = (new byte[16 * 1024], 0L);
        int length;
        while ((length = await request.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            total += length;
            if (total > LimitBytes)
            {
                return null;
            }

            hash.AppendData(buffer, 0, length);
        }

        return hash.GetHashAndReset();
    }
}
