using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace GitOps.ControlPlane.Distribution;

/// <summary>An object of the store as HTTP answers it: ETag, 304, HEAD, and ranges for what never changes.</summary>
internal static class StoreAnswer
{
    public static async Task WriteAsync(HttpContext context, StoredObject stored)
    {
        var (request, response) = (context.Request, context.Response);
        var tag = new EntityTagHeaderValue($"\"{stored.ETag}\"");
        response.Headers.CacheControl = stored.IsImmutable ? "private, immutable, max-age=31536000" : "private, no-cache";
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, useStrongComparison: false)))
        {
            // The answer of nearly every poll: decided before anything is read.
            response.Headers.ETag = tag.ToString();
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (stored.Read() is not { } bytes)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, DistributionCodes.NotInStore,
                "the store lost this object; it is made again from Git", "try again later").ConfigureAwait(false);
            return;
        }

        await TypedResults
            .Bytes(bytes, "application/octet-stream", fileDownloadName: null, enableRangeProcessing: stored.IsImmutable, lastModified: null, tag)
            .ExecuteAsync(context).ConfigureAwait(false);
    }
}
