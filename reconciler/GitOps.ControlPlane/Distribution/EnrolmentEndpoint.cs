using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Enrolment;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Distribution;

/// <summary>How machines ask for certificates over HTTP: with a token and no certificate, or with the certificate that is about to end.</summary>
public sealed class EnrolmentEndpoint(Enroller enroller, TimeProvider time, ILogger<EnrolmentEndpoint> logger)
{
    public const string EnrolPath = "/v1/enroll";
    private readonly EnrolmentGate _gate = new();

    /// <summary>Whether an expired certificate may be shown at all, to ask for the next one.</summary>
    public bool IsWithinGrace(X509Certificate2 certificate) => enroller.IsWithinGrace(certificate);

    /// <summary>What a machine compares with the fingerprint it was given, before it says anything: public.</summary>
    public Task TellAuthoritiesAsync(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        return WriteAsync(context, new Enrolled.Done(enroller.Authorities()), string.Empty);
    }

    public async Task EnrolAsync(HttpContext context)
    {
        var from = context.Connection.RemoteIpAddress ?? IPAddress.None;
        context.Response.Headers.Connection = "close"; // it comes back with a certificate
        if (_gate.Enter(from, time.GetUtcNow()) is { } wait)
        {
            await TooManyAsync(context, wait).ConfigureAwait(false);
            return;
        }

        var body = await BoundedBody.ReadAsync(context.Request, EnrolmentJson.MaxRequestBytes, context.RequestAborted).ConfigureAwait(false) ?? [];
        var enrolled = await enroller.EnrolAsync(body, from.ToString(), context.RequestAborted).ConfigureAwait(false);
        if (enrolled is Enrolled.Unreadable or Enrolled.Refused or Enrolled.Taken)
        {
            _gate.Refused(from, time.GetUtcNow());
        }

        await WriteAsync(context, enrolled, from.ToString()).ConfigureAwait(false);
    }

    public async Task RenewAsync(HttpContext context, string node, X509Certificate2 certificate)
    {
        var body = await BoundedBody.ReadAsync(context.Request, EnrolmentJson.MaxRequestBytes, context.RequestAborted).ConfigureAwait(false) ?? [];
        await WriteAsync(context, await enroller.RenewAsync(node, certificate, body, context.RequestAborted).ConfigureAwait(false), node).ConfigureAwait(false);
    }

    /// <summary>The certificate has ended longer ago than the grace.</summary>
    public Task RefuseAsync(HttpContext context, X509Certificate2 certificate) =>
        HttpProblem.WriteAsync(context, StatusCodes.Status403Forbidden, enroller.TooLate(certificate));

    private Task WriteAsync(HttpContext context, Enrolled enrolled, string who)
    {
        switch (enrolled)
        {
            case Enrolled.Done(var json):
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = json.Length;
                context.Response.Headers.CacheControl = "no-store";
                return context.Response.Body.WriteAsync(json, context.RequestAborted).AsTask();
            case Enrolled.Unreadable(var problem):
                return RefuseAsync(context, StatusCodes.Status400BadRequest, problem, who);
            case Enrolled.Refused(var problem):
                return RefuseAsync(context, StatusCodes.Status403Forbidden, problem, who);
            case Enrolled.Taken(var problem):
                return RefuseAsync(context, StatusCodes.Status409Conflict, problem, who);
            case Enrolled.TryAgain(var problem):
                context.Response.Headers.RetryAfter = "1";
                return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, problem, who);
            default:
                throw new System.Diagnostics.UnreachableException(enrolled.ToString());
        }
    }

    private Task RefuseAsync(HttpContext context, int status, Problem problem, string who)
    {
        DistributionLog.CertificateRefused(logger, problem.Code, who, problem.What);
        return HttpProblem.WriteAsync(context, status, problem);
    }

    private static Task TooManyAsync(HttpContext context, TimeSpan wait)
    {
        var seconds = Math.Ceiling(wait.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        return HttpProblem.WriteAsync(context, StatusCodes.Status429TooManyRequests, IdentityCodes.TooManyTries,
            "too many tries to enrol came from this address, or from all together", $"try again in {seconds} s");
    }
}
