using System.Globalization;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using Microsoft.AspNetCore.Http;

namespace GitOps.ControlPlane.Api;

/// <summary><c>/api/v1/enrolments</c>: tokens are made, listed and revoked.</summary>
/// <param name="desk">Null before the fleet is known.</param>
internal sealed class EnrolmentApi(Func<EnrolmentDesk?> desk, string actor)
{
    /// <param name="path">Below <c>/api/v1/enrolments</c>.</param>
    /// <returns>False when nothing of this kind is there.</returns>
    public async Task<bool> TryAnswerAsync(HttpContext context, string[] path)
    {
        var method = context.Request.Method;
        if (desk() is not { } open)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiCodes.NotReady,
                "nodes are not served yet", "see /api/v1/status for what is waited for").ConfigureAwait(false);
            return true;
        }

        switch (path)
        {
            case [] when HttpMethods.IsGet(method):
                await PeopleApi.WriteAsync(
                    context, new EnrolmentPage([.. open.List().Select(token => EnrolmentDocument.Of(token, open.Now))]), ApiJson.Default.EnrolmentPage)
                    .ConfigureAwait(false);
                return true;
            case [] when HttpMethods.IsPost(method):
                await CreateAsync(context, open).ConfigureAwait(false);
                return true;
            case [var id] when HttpMethods.IsDelete(method):
                await WriteAsync(context, open, await open.RevokeAsync(id, actor, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
                return true;
            default:
                return false;
        }
    }

    private async Task CreateAsync(HttpContext context, EnrolmentDesk open)
    {
        var query = context.Request.Query;
        var life = EnrolmentToken.DefaultLife;
        if (query["expiresMs"].FirstOrDefault() is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) ||
                ms < 1000 || ms > EnrolmentToken.LongestLife.TotalMilliseconds)
            {
                await PeopleApi.BadRequestAsync(context, $"'expiresMs' is a number from 1000 to {EnrolmentToken.LongestLife.TotalMilliseconds:0}").ConfigureAwait(false);
                return;
            }

            life = TimeSpan.FromMilliseconds(ms);
        }

        await WriteAsync(context, open, await open.CreateAsync(
            query["node"].ToString(), life, query["replace"] == "true", actor, context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static Task WriteAsync(HttpContext context, EnrolmentDesk open, TokenAnswer answer) => answer switch
    {
        TokenAnswer.Done(var token, { } text) => PeopleApi.WriteAsync(
            context,
            new NewEnrolmentDocument(EnrolmentDocument.Of(token, open.Now), text, open.Server.ToString().TrimEnd('/'), open.AuthoritySha256),
            ApiJson.Default.NewEnrolmentDocument),
        TokenAnswer.Done(var token, null) => PeopleApi.WriteAsync(context, EnrolmentDocument.Of(token, open.Now), ApiJson.Default.EnrolmentDocument),
        TokenAnswer.Unknown(var problem) => HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, problem),
        TokenAnswer.Refused(var problem) => HttpProblem.WriteAsync(context, StatusCodes.Status409Conflict, problem),
        TokenAnswer.TryAgain(var problem) => HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, problem),
        _ => throw new System.Diagnostics.UnreachableException(answer.ToString()),
    };
}
